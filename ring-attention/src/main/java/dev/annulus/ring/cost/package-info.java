/**
 * What a plan costs before it is carried out: times and bytes of a pass from a {@link
 * dev.annulus.ring.RingSchedule} and the rates of devices and links. Times are nanoseconds.
 */
package dev.annulus.ring.cost;
