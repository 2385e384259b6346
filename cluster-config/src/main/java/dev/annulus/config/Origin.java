package dev.annulus.config;

/** Where a value was written: a line of a file, or an override of the command line. */
sealed interface Origin {
  /** For people: this origin and a key there. */
  String place(String path);

  /** Problems are told in this order. */
  int order();

  /**
   * @param file as the user named it
   * @param line from 1
   */
  record Line(String file, int line) implements Origin {
    @Override
    public String place(String path) {
      return path.isEmpty() ? file + ":" + line : file + ":" + line + " " + path;
    }

    @Override
    public int order() {
      return line;
    }
  }

  /** A {@code key=value} behind a command's options. */
  record CommandLine() implements Origin {
    @Override
    public String place(String path) {
      return path.isEmpty() ? "override" : "override " + path;
    }

    @Override
    public int order() {
      return Integer.MAX_VALUE;
    }
  }
}
