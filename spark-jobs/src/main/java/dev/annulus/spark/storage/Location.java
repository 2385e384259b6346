package dev.annulus.spark.storage;

import java.net.URI;
import java.nio.file.Path;
import java.util.regex.Pattern;

/** Where something lies, as a configuration or an option says it: a path, or a URI. */
public final class Location {
  private static final Pattern URI_WITH_SCHEME = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]+:/.*");
  private static final String FILE = "file:";

  private Location() {}

  /** Whether it is reached through Hadoop, not as a path of this machine. */
  public static boolean isRemote(String location) {
    return URI_WITH_SCHEME.matcher(location).matches() && !location.startsWith(FILE);
  }

  /** The path of a location that is not {@linkplain #isRemote remote}. */
  public static Path local(String location) {
    return Path.of(location.startsWith(FILE + "/") ? URI.create(location).getPath() : location);
  }

  /** A file or folder below a location. */
  public static String below(String location, String name) {
    return isRemote(location)
        ? location.replaceAll("/+$", "") + "/" + name
        : local(location).resolve(name).toString();
  }
}
