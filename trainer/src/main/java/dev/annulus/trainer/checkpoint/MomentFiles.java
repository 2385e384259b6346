package dev.annulus.trainer.checkpoint;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.Problem;
import dev.annulus.trainer.huggingface.SafetensorsFile;
import dev.annulus.trainer.huggingface.StoredTensor;
import dev.annulus.trainer.model.ParameterLayout;
import dev.annulus.trainer.model.ParameterSpec;
import dev.annulus.trainer.optimizer.ParameterRange;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * One of the optimiser's moments in a checkpoint, open: {@code optimizer/exp_avg.safetensors}, or a
 * file of each rank that wrote ({@code exp_avg-00001-of-00004.safetensors}). A tensor is called as
 * its weight and has its shape; where it was cut between two ranks, a piece is called {@code
 * NAME[from:to]} and has one dimension, the elements from (inclusive) to (exclusive) of the tensor.
 * Ranges of the ranks that read may be others than of those that wrote.
 */
public final class MomentFiles implements AutoCloseable {
  private static final Pattern PIECE = Pattern.compile("(.+)\\[(\\d{1,18}):(\\d{1,18})\\]");

  /** Where elements of a tensor lie. */
  private record Stored(SafetensorsFile file, StoredTensor tensor, long from, long to) {}

  private final ParameterLayout layout;
  private final List<SafetensorsFile> open = new ArrayList<>();
  private final Map<String, List<Stored>> pieces = new LinkedHashMap<>();

  private MomentFiles(ParameterLayout layout) {
    this.layout = layout;
  }

  /**
   * Opens a moment; close it to let the files go.
   *
   * @param folder {@code optimizer/} of a checkpoint
   * @param moment {@code exp_avg} or {@code exp_avg_sq}
   * @param trainable what the moment must be of
   * @throws InvalidInputException with every tensor that the checkpoint has and the stage does not
   *     train, or the other way round, or that has another shape
   */
  static MomentFiles open(Path folder, String moment, ParameterLayout trainable) {
    MomentFiles files = new MomentFiles(trainable);
    List<Problem> problems = new ArrayList<>();
    try {
      for (Path path : paths(folder, moment)) {
        files.add(path, problems);
      }
      String place = folder.resolve(moment + "*.safetensors").toString();
      files.checkCover(place, problems);
      if (!problems.isEmpty()) {
        throw new InvalidInputException(problems);
      }
      return files;
    } catch (RuntimeException e) {
      files.close();
      throw e;
    }
  }

  /** What the file of a rank is called. */
  static String fileName(String moment, int rank, int ranks) {
    return ranks == 1
        ? moment + ".safetensors"
        : "%s-%05d-of-%05d.safetensors".formatted(moment, rank + 1, ranks);
  }

  /** What a piece is called in the file. */
  static String name(ParameterRange.Piece piece) {
    return piece.isWhole()
        ? piece.spec().name()
        : "%s[%d:%d]".formatted(piece.spec().name(), piece.from(), piece.to());
  }

  /** The shape that it has in the file. */
  static List<Long> shape(ParameterRange.Piece piece) {
    return piece.isWhole() ? piece.spec().shape() : List.of(piece.size());
  }

  /**
   * Copies elements of the flat memory of the layout, zeros for the gaps between tensors.
   *
   * @param from first element
   * @param count elements, all within the layout
   * @param target memory for {@code count} floats
   */
  public void read(long from, int count, MemorySegment target) {
    target.asSlice(0, 4L * count).fill((byte) 0);
    ParameterRange wanted = new ParameterRange(layout, from, from + count);
    for (ParameterRange.Piece piece : wanted.pieces()) {
      for (Stored stored : pieces.get(piece.spec().name())) {
        long begin = Math.max(piece.from(), stored.from());
        long end = Math.min(piece.to(), stored.to());
        if (begin < end) {
          stored
              .file()
              .toFloats(
                  stored.tensor(),
                  begin - stored.from(),
                  Math.toIntExact(end - begin),
                  target.asSlice(4 * (piece.spec().offset() + begin - from), 4 * (end - begin)));
        }
      }
    }
  }

  @Override
  public void close() {
    open.forEach(SafetensorsFile::close);
  }

  private static List<Path> paths(Path folder, String moment) {
    if (!Files.isDirectory(folder)) {
      // An optimiser without moments leaves none.
      return List.of();
    }
    Pattern name = Pattern.compile(Pattern.quote(moment) + "(-\\d{5}-of-\\d{5})?\\.safetensors");
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .filter(entry -> name.matcher(entry.getFileName().toString()).matches())
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot list " + folder + ": " + e.getMessage(), e);
    }
  }

  private void add(Path path, List<Problem> problems) {
    SafetensorsFile file = SafetensorsFile.open(path);
    open.add(file);
    file.tensors()
        .forEach(
            (name, stored) -> {
              Matcher cut = PIECE.matcher(name);
              boolean isCut = cut.matches();
              String tensor = isCut ? cut.group(1) : name;
              ParameterSpec spec = layout.find(tensor);
              long from = isCut ? Long.parseLong(cut.group(2)) : 0;
              long to = isCut ? Long.parseLong(cut.group(3)) : spec == null ? 0 : spec.size();
              String place = path + " tensor " + name;
              if (spec == null) {
                problems.add(new Problem(place, "present", "only tensors that this stage trains"));
                return;
              }
              List<Long> expected = isCut ? List.of(to - from) : spec.shape();
              if (!stored.shape().equals(expected) || !stored.type().isReadable()) {
                problems.add(
                    new Problem(place, stored.type() + " " + stored.shape(), "F32 " + expected));
                return;
              }
              pieces
                  .computeIfAbsent(tensor, key -> new ArrayList<>())
                  .add(new Stored(file, stored, from, to));
            });
  }

  /** Every element once. */
  private void checkCover(String place, List<Problem> problems) {
    if (!problems.isEmpty()) {
      return;
    }
    for (ParameterSpec spec : layout.specs()) {
      List<Stored> stored = pieces.getOrDefault(spec.name(), new ArrayList<>());
      stored.sort(Comparator.comparingLong(Stored::from));
      long covered = 0;
      for (Stored piece : stored) {
        if (piece.from() != covered) {
          break;
        }
        covered = piece.to();
      }
      if (stored.isEmpty()) {
        problems.add(
            new Problem(place + " tensor " + spec.name(), "missing", "a trainable tensor"));
      } else if (covered != spec.size() || stored.getLast().to() != covered) {
        problems.add(
            new Problem(
                place + " tensor " + spec.name(),
                stored.size() + " pieces, one behind the other only up to element " + covered,
                "pieces that cover its " + spec.size() + " elements once"));
      }
    }
  }
}
