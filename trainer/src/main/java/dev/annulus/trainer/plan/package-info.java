/**
 * What a run will take, before it takes it: memory of a worker by what holds it, and bytes that its
 * steps send. Memory is measured: the run's own objects are made on a device that only counts.
 */
package dev.annulus.trainer.plan;
