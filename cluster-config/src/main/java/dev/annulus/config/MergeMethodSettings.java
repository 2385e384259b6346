package dev.annulus.config;

import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How models that were fine-tuned from one base are merged. Parameters that the method does not
 * have keep their default and mean nothing.
 *
 * @param method the rule
 * @param alpha opcm: share of the sum of singular values that the protected directions hold
 * @param scale what the merged task vector is multiplied with before it is added to the base
 * @param density ties: share of the elements of each tensor that are kept, those largest in size
 * @param rank null_space: number of leading directions of what is there already that are left alone
 * @param t slerp: where between the first model (0) and the second (1)
 */
public record MergeMethodSettings(
    Method method, double alpha, double scale, double density, int rank, double t)
    implements Serializable {
  /** The rules, each with the parameters that it has. */
  public enum Method {
    OPCM,
    AVERAGE,
    TASK_ARITHMETIC,
    TIES,
    MAGMAX,
    NULL_SPACE,
    SLERP;

    /** Whether a parameter means something for this method. */
    public boolean has(String parameter) {
      return switch (this) {
        case OPCM -> parameter.equals("alpha");
        case AVERAGE -> false;
        case TASK_ARITHMETIC, MAGMAX -> parameter.equals("scale");
        case TIES -> parameter.equals("scale") || parameter.equals("density");
        case NULL_SPACE -> parameter.equals("scale") || parameter.equals("rank");
        case SLERP -> parameter.equals("t");
      };
    }

    /** Whether the merged task vector is scaled by a number of the configuration. */
    public boolean hasScale() {
      return has("scale");
    }

    /** What {@code scale} is if nobody says: what the method's authors recommend. */
    double defaultScale() {
      return switch (this) {
        case TASK_ARITHMETIC -> 0.3;
        case MAGMAX -> 0.5;
        default -> 1.0;
      };
    }

    /** As it is written in YAML. */
    public String yamlName() {
      return Section.nameOf(this);
    }
  }

  /** A method with the defaults of all its parameters. */
  public static MergeMethodSettings of(Method method) {
    return new MergeMethodSettings(method, 0.5, method.defaultScale(), 0.2, 128, 0.5);
  }

  /** The method and those parameters that it has, in the order of the configuration's page. */
  public Map<String, Object> toYaml() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("alpha", alpha);
    all.put("scale", scale);
    all.put("density", density);
    all.put("rank", rank);
    all.put("t", t);
    Map<String, Object> keys = new LinkedHashMap<>();
    keys.put("method", method.yamlName());
    all.forEach(
        (key, value) -> {
          if (method.has(key)) {
            keys.put(key, value);
          }
        });
    return keys;
  }
}
