/**
 * What every transport of frames shares and no transport is named in: how a message is cut into
 * frames ({@link dev.annulus.link.frame.OutgoingFrames}), how frames are judged and put together
 * again ({@link dev.annulus.link.frame.IncomingFrames}), and how a worker waits for it ({@link
 * dev.annulus.link.frame.FramedTransfer}). The bytes are those of docs/wire-format.md.
 *
 * <p>Workers only add to queues and wait; everything else is called by the one thread that a
 * transport gives each stream.
 */
package dev.annulus.link.frame;
