/**
 * Text to token ids and back. Ids count from 0. Tokenisers are thread-safe unless they say
 * otherwise.
 */
package dev.annulus.data.tokenizer;
