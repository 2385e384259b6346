/**
 * Text from a model: continues a list of token ids, on one device, with a cache of keys and values.
 * Used by one thread.
 */
package dev.annulus.trainer.generate;
