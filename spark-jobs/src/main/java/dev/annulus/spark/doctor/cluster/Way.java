package dev.annulus.spark.doctor.cluster;

/** How near two workers are to each other; the nearer, the faster. */
enum Way {
  PROCESS("in one process"),
  HOST("within a host"),
  NETWORK("between hosts");

  private final String text;

  Way(String text) {
    this.text = text;
  }

  String text() {
    return text;
  }

  static Way between(HostFacts one, HostFacts other) {
    if (one.process().equals(other.process())) {
      return PROCESS;
    }
    return one.host().equals(other.host()) ? HOST : NETWORK;
  }
}
