package dev.annulus.config;

import java.util.LinkedHashMap;
import java.util.Map;
import org.snakeyaml.engine.v2.api.Dump;

/**
 * A {@link MergeConfig} as YAML, every key written out; {@link MergeConfigReader} reads it back.
 */
public final class MergeConfigWriter {
  private MergeConfigWriter() {}

  /** YAML that ends with a line break; what it runs on is left out, as it decides nothing. */
  public static String write(MergeConfig config) {
    Map<String, Object> keys = new LinkedHashMap<>(config.method().toYaml());
    keys.put("base", config.base());
    keys.put("models", config.models());
    keys.put("output", config.output());
    config.state().ifPresent(state -> keys.put("state", state));
    keys.put("dtype", Section.nameOf(config.dtype()));
    config.outDtype().ifPresent(type -> keys.put("out_dtype", type.yamlName()));
    keys.put("seen", Section.nameOf(config.seen()));
    keys.put("overwrite", config.overwrite());
    keys.put("max_shard_bytes", config.maxShardBytes());
    return new Dump(RunConfigWriter.SETTINGS).dumpToString(Map.of("merge", keys));
  }
}
