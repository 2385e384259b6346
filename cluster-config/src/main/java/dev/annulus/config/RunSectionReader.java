package dev.annulus.config;

/** Reads {@code run:} and {@code checkpoint:}. */
final class RunSectionReader {
  private RunSectionReader() {}

  static RunSettings run(Section section) {
    String name = section.requiredText("name", TextRule.NAME);
    RunSettings settings =
        new RunSettings(
            name,
            section.text("output_dir", TextRule.ANY).orElse("runs/" + name),
            section.seed("seed", 1234),
            section.choice("resume", RunSettings.Resume.AUTO),
            section.integer("max_restarts", 0, 1000, 3),
            section.integer("wait_for_workers_seconds", 1, 604_800, 600));
    section.finish();
    return settings;
  }

  static CheckpointSettings checkpoint(Section section) {
    CheckpointSettings settings =
        new CheckpointSettings(
            section.integer("every_steps", 0, Integer.MAX_VALUE, 50),
            section.integer("keep", 1, Integer.MAX_VALUE, 2),
            section.integer(
                "storage_timeout_seconds", 1, 86_400, CheckpointSettings.STORAGE_TIMEOUT_SECONDS),
            section.integer("storage_tries", 1, 100, CheckpointSettings.STORAGE_TRIES));
    section.finish();
    return settings;
  }
}
