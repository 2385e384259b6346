package dev.annulus.config;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;

/**
 * Reads what a run runs on: {@code parallel:}, {@code device:}, {@code transport:}, {@code spark:}.
 */
final class ClusterSectionReader {
  private static final int MAX_WORLD = 4096;
  private static final int MAX_THREADS = 1024;
  private static final int KIB = 1 << 10;
  private static final int GIB = 1 << 30;
  // Aeron's limits: a datagram holds whole frames, which are aligned to 32 bytes.
  private static final int MIN_MTU = 1408;
  private static final int MAX_MTU = 65504;
  private static final int FRAME_ALIGNMENT = 32;
  private static final int MAX_STREAMS = 16;

  private ClusterSectionReader() {}

  static ParallelSettings parallel(Section section) {
    ParallelSettings settings =
        new ParallelSettings(
            section.integer("context", 1, MAX_WORLD, 1),
            section.integer("data", 1, MAX_WORLD, 1),
            section.choice("layout", ParallelSettings.Layout.ZIGZAG),
            section.choice("route", ParallelSettings.Route.AUTO),
            section.choice("sharding", ParallelSettings.Sharding.OPTIMIZER),
            cost(section.section("cost")));
    if (section.isSound("context", "data") && settings.world() > MAX_WORLD) {
      section.refuse(
          section.isGiven("data") ? "data" : "context",
          settings.context() + " x " + settings.data() + " = " + settings.world() + " workers",
          "context x data of at most " + MAX_WORLD);
    }
    section.finish();
    return settings;
  }

  private static CostSettings cost(Section section) {
    CostSettings settings =
        new CostSettings(
            given(section.number("flops", NumberRule.POSITIVE)),
            given(section.number("bytes_per_second", NumberRule.POSITIVE)),
            given(section.number("latency_us", NumberRule.NOT_NEGATIVE)));
    section.finish();
    return settings;
  }

  private static OptionalDouble given(Optional<Double> number) {
    return number.map(OptionalDouble::of).orElseGet(OptionalDouble::empty);
  }

  static DeviceSettings device(Section section) {
    DeviceSettings settings =
        new DeviceSettings(
            section.choice("kind", DeviceSettings.Kind.AUTO),
            section.choice("precision", DeviceSettings.Precision.FLOAT32),
            section.choice("memory", DeviceSettings.Memory.AUTO),
            section.integerOrAuto("threads", 1, MAX_THREADS),
            section.choice("peer_copies", DeviceSettings.PeerCopies.AUTO));
    if (settings.kind() == DeviceSettings.Kind.CPU
        && settings.precision() == DeviceSettings.Precision.BFLOAT16) {
      section.refuse("precision", "bfloat16 on the CPU", "float32, or device.kind: cuda");
    }
    section.finish();
    return settings;
  }

  static TransportSettings transport(Section section) {
    TransportSettings settings =
        new TransportSettings(
            section.choice("kind", TransportSettings.Kind.AUTO),
            section.integer("timeout_seconds", 1, 86_400, 60),
            section.integer("mtu", MIN_MTU, MAX_MTU, 8192),
            section.integer("term_length", 64 * KIB, GIB, 4 * KIB * KIB),
            section.integer("socket_buffer", 64 * KIB, GIB, 4 * KIB * KIB),
            section.integer("streams", 1, MAX_STREAMS, 1),
            section.choice("threading", TransportSettings.Threading.AUTO),
            section.choice("idle", TransportSettings.Idle.BACKOFF),
            ports(section),
            network(section),
            security(section));
    if (section.isSound("mtu") && settings.mtu() % FRAME_ALIGNMENT != 0) {
      section.refuse("mtu", settings.mtu() + " bytes", "a multiple of " + FRAME_ALIGNMENT);
    }
    if (section.isSound("term_length") && Integer.bitCount(settings.termLength()) != 1) {
      section.refuse("term_length", settings.termLength() + " bytes", "a power of two");
    }
    section.finish();
    return settings;
  }

  private static PortRange ports(Section section) {
    String text = section.text("ports", TextRule.ANY).orElse("any");
    return PortRange.parse(text)
        .orElseGet(
            () -> {
              section.refuse("ports", text, "any, or first-last with ports from 1024 to 65535");
              return PortRange.ANY;
            });
  }

  private static BindNetwork network(Section section) {
    String text = section.text("network", TextRule.ANY).orElse("auto");
    return BindNetwork.parse(text)
        .orElseGet(
            () -> {
              section.refuse("network", text, BindNetwork.EXPECTED);
              return BindNetwork.AUTO;
            });
  }

  private static SecuritySettings security(Section section) {
    SecuritySettings settings =
        new SecuritySettings(
            section.choice("authentication", SecuritySettings.Authentication.AUTO),
            section.choice("encryption", SecuritySettings.Encryption.NONE),
            section.text("secret_file", TextRule.ANY));
    if (settings.authentication() == SecuritySettings.Authentication.OFF) {
      if (settings.encryption() != SecuritySettings.Encryption.NONE) {
        section.refuse(
            "encryption", "aes-gcm with authentication off", "none, or authentication: auto or on");
      }
      if (settings.secretFile().isPresent()) {
        section.refuse(
            "secret_file",
            "a secret with authentication off",
            "no secret_file, or authentication: auto or on");
      }
    }
    return settings;
  }

  static SparkSettings spark(Section section, Problems problems) {
    Map<String, String> conf = new TreeMap<>();
    section
        .freeSection("conf")
        .forEach(
            (key, field) -> {
              Yaml yaml = field.value();
              if (yaml.text().isPresent()) {
                conf.put(key, yaml.text().get());
              } else if (!yaml.isNothing()) {
                problems.add(
                    yaml.origin(), section.pathOf("conf." + key), yaml.shown(), "text or a number");
              }
            });
    SparkSettings settings = new SparkSettings(section.text("master", TextRule.ANY), conf);
    section.finish();
    return settings;
  }
}
