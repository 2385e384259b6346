/**
 * Models as Hugging Face folders: {@code config.json}, {@code model.safetensors} or shards with an
 * index. What is wrong in a folder is an {@code InvalidInputException} with all problems and their
 * places; nothing half-written is left behind. Used by one thread at a time.
 */
package dev.annulus.trainer.huggingface;
