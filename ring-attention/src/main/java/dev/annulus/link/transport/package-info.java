/** Which transport a run uses, and what this machine and its network have for each. */
package dev.annulus.link.transport;
