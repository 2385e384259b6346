/**
 * How well a model predicts documents: losses by document and by position. Losses are negative log
 * likelihoods a target token, natural logarithm. Scoring is done by one thread; results are values
 * that can be sent, and shares of them merged.
 */
package dev.annulus.trainer.evaluate;
