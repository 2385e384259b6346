package dev.annulus.device.cuda;

/**
 * A compiled kernel: where it is found and what it takes.
 *
 * @param file resource that holds it, without its ending
 * @param name of the function
 * @param parameters one letter each: p a pointer, l a long long, i an int, f a float, m a tensor
 *     map
 */
record Kernel(String file, String name, String parameters) {}
