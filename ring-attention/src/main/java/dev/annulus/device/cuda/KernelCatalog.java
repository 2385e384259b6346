package dev.annulus.device.cuda;

import dev.annulus.device.DataType;
import java.util.ArrayList;
import java.util.List;

/**
 * All kernels that are launched from Java. A test holds their parameters to the sources in {@code
 * src/main/cuda}, and the launcher holds each launch to them.
 */
final class KernelCatalog {
  private static final List<Kernel> KERNELS = new ArrayList<>();

  static final Pair ADD = pair("elementwise", "add", "ppl");
  static final Pair SCALE = pair("elementwise", "scale", "pfl");
  static final Pair FILL = pair("elementwise", "fill", "pfl");
  static final Kernel NARROW = one("elementwise", "convert_f32_bf16", "ppl");
  static final Kernel WIDEN = one("elementwise", "convert_bf16_f32", "ppl");

  static final Pair SWIGLU = pair("swiglu", "swiglu", "pppl");
  static final Pair SWIGLU_GRADIENT = pair("swiglu", "swiglu_gradient", "pppppl");

  static final Pair RMS_NORM = pair("rms_norm", "rms_norm", "ppfppli");
  static final Pair RMS_NORM_GRADIENT = pair("rms_norm", "rms_norm_gradient", "ppppppli");
  static final Kernel COLUMN_SUMS = one("rms_norm", "column_sums", "ppii");

  static final Pair ROTARY = pair("rotary", "rotary", "ppppliii");
  static final Kernel ROTARY_NARROW = one("rotary", "rotary_f32_bf16", "ppppliii");
  static final Kernel ROTARY_ANGLES = one("rotary", "rotary_angles", "pppfppli");

  static final Pair EMBEDDING = pair("embedding", "embedding", "ppplli");
  static final Pair EMBEDDING_GRADIENT = pair("embedding", "embedding_gradient", "pppili");

  static final Pair CROSS_ENTROPY = pair("cross_entropy", "cross_entropy", "ppppfii");

  static final Kernel ADAMW = one("optimizer", "adamw", "pppppffffffffl");
  static final Kernel ADD_NORMAL = one("normal", "add_normal", "pfflpl");
  static final Pair SUM_OF_SQUARES = pair("optimizer", "sum_of_squares", "ppl");
  static final Kernel TOTAL = one("optimizer", "total", "ppi");

  static final Pair PLAIN_FORWARD = pair("plain_attention", "plain_forward", "pppppppiiiiif");
  static final Pair ATTENTION_DELTA = pair("plain_attention", "attention_delta", "pppiii");
  static final Kernel ATTENTION_DELTA_MIXED =
      one("plain_attention", "attention_delta_f32_bf16", "pppiii");
  static final Pair PLAIN_QUERY_GRADIENT =
      pair("plain_attention_gradient", "plain_query_gradient", "pppppppppiiiiif");
  static final Pair PLAIN_KEY_GRADIENT =
      pair("plain_attention_gradient", "plain_key_gradient", "ppppppppppiiiiif");

  static final Kernel TILE_KEYS = one("attention_plan", "attention_tile_keys", "ppiip");
  static final Kernel KEY_QUERIES = one("attention_plan", "attention_key_queries", "piiip");
  static final Kernel TILE_ORDER = one("attention_plan", "attention_order", "piip");

  static final Pair ROW_DELTA =
      new Pair(
          one("attention_rows", "attention_delta", "ppiiip"),
          one("attention_rows", "attention_delta_bf16", "ppiiip"));
  static final Kernel BACKWARD_ROWS = one("attention_rows", "attention_backward_rows", "ppppipp");

  static final Heads HOPPER_FORWARD =
      heads("attention_hopper_forward", "attention_forward_hopper", "mmmpppppiiiifippp");
  static final Heads HOPPER_KEY_GRADIENT =
      heads("attention_hopper_backward_dkv", "attention_backward_dkv_hopper", "mmmmpppppiiiiifipp");
  static final Heads HOPPER_QUERY_GRADIENT =
      heads("attention_hopper_backward_dq", "attention_backward_dq_hopper", "mmmmpppppiiiifippp");

  static final Heads PORTABLE_FORWARD =
      heads("attention_portable_forward", "attention_forward_portable", "pppppppiiiifippp");
  static final Heads PORTABLE_KEY_GRADIENT =
      heads("attention_portable_backward", "attention_backward_dkv_portable", "ppppppppiiiifpp");
  static final Heads PORTABLE_QUERY_GRADIENT =
      heads("attention_portable_backward", "attention_backward_dq_portable", "ppppppppiiiifppp");

  private KernelCatalog() {}

  /** The kernel of an operation for each size of heads that the tensor cores' are made for. */
  record Heads(Kernel dim64, Kernel dim128) {
    /** Whether there is one for this size. */
    static boolean has(int headDim) {
      return headDim == 64 || headDim == 128;
    }

    Kernel of(int headDim) {
      return switch (headDim) {
        case 64 -> dim64;
        case 128 -> dim128;
        default -> throw new IllegalArgumentException(dim64.name() + " of heads of " + headDim);
      };
    }
  }

  /** The kernel of an operation for each type of activations. */
  record Pair(Kernel float32, Kernel bfloat16) {
    Kernel of(DataType type) {
      return switch (type) {
        case FLOAT32 -> float32;
        case BFLOAT16 -> bfloat16;
        case INT32 -> throw new IllegalArgumentException(float32.name() + " of INT32");
      };
    }
  }

  /** Every kernel. */
  static List<Kernel> all() {
    return List.copyOf(KERNELS);
  }

  private static Pair pair(String file, String name, String parameters) {
    return new Pair(one(file, name + "_f32", parameters), one(file, name + "_bf16", parameters));
  }

  private static Heads heads(String file, String name, String parameters) {
    return new Heads(one(file, name + "_d64", parameters), one(file, name + "_d128", parameters));
  }

  private static Kernel one(String file, String name, String parameters) {
    Kernel kernel = new Kernel(file, name, parameters);
    KERNELS.add(kernel);
    return kernel;
  }
}
