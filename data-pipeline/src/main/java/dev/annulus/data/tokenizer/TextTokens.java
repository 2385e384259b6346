package dev.annulus.data.tokenizer;

/**
 * Tokens of a text and where they stand.
 *
 * @param ids token ids
 * @param starts index of the first character (UTF-16) of each token, ascending; tokens that share
 *     one character begin with it
 */
public record TextTokens(int[] ids, int[] starts) {}
