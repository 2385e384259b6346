/** Which device a worker computes on: what the settings ask for, what the machine has, and why. */
package dev.annulus.device.choice;
