/**
 * Conversations as text: chat templates in Hugging Face's sense, written in Jinja, and which
 * characters of what they write were said by the assistant. Only {@code JinjaTemplate} knows the
 * library that renders them.
 */
package dev.annulus.data.chat;
