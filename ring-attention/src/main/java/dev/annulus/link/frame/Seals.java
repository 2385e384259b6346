package dev.annulus.link.frame;

/** The seals of a session, by the way that frames take. */
@FunctionalInterface
public interface Seals {
  /** Everybody is believed. */
  Seals CHECKSUM = route -> ChecksumSeal.INSTANCE;

  /** A seal for one end of a way; the other end makes one that is its equal. */
  FrameSeal of(Route route);
}
