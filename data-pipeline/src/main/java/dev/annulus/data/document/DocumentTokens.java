package dev.annulus.data.document;

/**
 * A document as token ids, BOS and EOS included.
 *
 * @param place where it stands, for messages
 * @param ids not to be changed
 */
public record DocumentTokens(String place, int[] ids) {}
