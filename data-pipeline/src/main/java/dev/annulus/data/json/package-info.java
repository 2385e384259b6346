/** What the parser of JSON says, for people. */
package dev.annulus.data.json;
