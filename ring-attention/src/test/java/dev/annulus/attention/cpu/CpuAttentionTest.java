package dev.annulus.attention.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.attention.AttentionCase;
import dev.annulus.attention.AttentionCase.Result;
import dev.annulus.attention.AttentionKernel;
import dev.annulus.attention.AttentionShape;
import dev.annulus.attention.Masks;
import dev.annulus.attention.VisibleKeys;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.HostMemory;
import dev.annulus.device.RandomTensors;
import dev.annulus.device.Tensor;
import dev.annulus.device.cpu.CpuThreads;
import dev.annulus.device.cpu.PanelProducts;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CpuAttentionTest {
  /** Tiles that end often, and whose partly visible blocks are cut apart. */
  private static final TileSizes SMALL = new TileSizes(64, 48, Integer.MAX_VALUE, 16);

  /** Tiles of panels that end often, and inside of others. */
  private static final PanelSizes SMALL_PANELS = new PanelSizes(40, 16);

  /** All ways to compute, with sizes of their own. */
  private static final List<Way> PATHS = paths();

  private final HostMemory memory = new HostMemory();
  private final CpuThreads one = new CpuThreads(1);
  private final CpuThreads two = new CpuThreads(2);
  private final CpuThreads three = new CpuThreads(3);
  private final AttentionKernel kernel = new CpuAttention(memory.newArena(), one);
  private final List<AttentionKernel> ways =
      IntStream.range(0, PATHS.size()).mapToObj(i -> way(PATHS.get(i), i)).toList();

  private interface Way {
    AttentionPath on(DeviceArena scratch, CpuThreads threads);
  }

  private static List<Way> paths() {
    List<Way> paths = new ArrayList<>();
    for (TileSizes sizes : List.of(TileSizes.PACKED, TileSizes.UNPACKED, SMALL)) {
      paths.add((scratch, threads) -> new TiledAttention(scratch, threads, sizes));
    }
    if (PanelProducts.supported()) {
      for (PanelSizes sizes : List.of(PanelSizes.DEFAULT, SMALL_PANELS)) {
        paths.add((scratch, threads) -> new PanelAttention(scratch, threads, sizes));
      }
    }
    return paths;
  }

  private AttentionKernel way(Way way, int index) {
    return on(way, List.of(one, two, three).get(index % 3));
  }

  private AttentionKernel on(Way way, CpuThreads threads) {
    return new CpuAttention(threads, way.on(memory.newArena(), threads));
  }

  @AfterEach
  void free() {
    one.close();
    two.close();
    three.close();
    memory.close();
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, 1, 5", "2, 1, 3, 33", "1, 1, 16, 200", "4, 2, 24, 130", "8, 2, 32, 65",
    "3, 1, 32, 64", "6, 6, 64, 63", "2, 2, 64, 300", "4, 1, 128, 257", "2, 1, 256, 100",
    "32, 1, 8, 20", "70, 1, 4, 3"
  })
  void causal(int heads, int kvHeads, int dim, int tokens) {
    check(new AttentionShape(heads, kvHeads, dim), Masks.documents(tokens), tokens, 1);
  }

  @Test
  void documentMasks() {
    AttentionShape shape = new AttentionShape(4, 2, 24);
    int[][] rows = {
      {1},
      {-1},
      {64, 64},
      {63, 65},
      {65, 63, 1},
      {512, 16},
      {100, 300, -50},
      {-130},
      ones(70),
      {1, 1, 1, 600, 1},
      {480, 480},
    };
    for (int[] lengths : rows) {
      VisibleKeys mask = Masks.documents(lengths);
      check(shape, mask, mask.queries(), 1);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
  void randomShapesAndDocuments(long seed) {
    Random random = new Random(seed);
    int kvHeads = 1 + random.nextInt(3);
    AttentionShape shape =
        new AttentionShape(kvHeads * (1 + random.nextInt(4)), kvHeads, 1 + random.nextInt(70));
    int[] lengths = Masks.randomLengths(random, 1 + random.nextInt(400));
    VisibleKeys mask = Masks.documents(lengths);
    check(shape, mask, mask.queries(), 1, "seed " + seed + Arrays.toString(lengths));
  }

  @Test
  void queriesOfAnotherBlockThanTheKeys() {
    AttentionShape shape = new AttentionShape(4, 2, 16);
    int[] first = Masks.firstVisible(100, 400, 200, -68);
    int[] zigzag = IntStream.concat(IntStream.range(96, 192), IntStream.range(576, 672)).toArray();
    int[] keys = IntStream.concat(IntStream.range(0, 96), IntStream.range(480, 640)).toArray();
    check(shape, VisibleKeys.between(zigzag, keys, first), keys.length, 1);
    int[] striped = IntStream.range(0, 192).map(i -> 4 * i + 1).toArray();
    int[] others = IntStream.range(0, 192).map(i -> 4 * i + 3).toArray();
    check(shape, VisibleKeys.between(striped, others, first), others.length, 1);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5})
  void oneOrFewQueriesAgainstManyKeys(int queries) {
    int[] to = IntStream.range(0, queries).map(i -> 700 - queries + 1 + i).toArray();
    VisibleKeys mask = new VisibleKeys(new int[queries], to);
    check(new AttentionShape(8, 2, 64), mask, 700, 1);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 1e-3, 4, 12})
  void scoresFromFlatToOneKeyTakesAll(double scores) {
    check(new AttentionShape(2, 1, 32), Masks.documents(300), 300, scores);
  }

  @Test
  void blocksInAnyCutGiveTheWhole() {
    AttentionShape shape = new AttentionShape(4, 2, 24);
    int[][] cuts = {
      {300},
      {150, 300},
      {1, 300},
      {299, 300},
      {100, 200, 300},
      {17, 33, 34, 200, 300},
      {64, 64, 300}
    };
    try (RandomTensors random = new RandomTensors(5)) {
      VisibleKeys mask = Masks.documents(120, 150, -30);
      AttentionCase problem = new AttentionCase("cuts", shape, mask, 300, 1, random);
      for (int[] ends : cuts) {
        for (AttentionKernel way : ways) {
          problem.assertWithinBudget(problem.run(way, ends));
        }
      }
    }
  }

  @Test
  void sameCallSameBits() {
    AttentionShape shape = new AttentionShape(4, 2, 40);
    try (RandomTensors random = new RandomTensors(6)) {
      VisibleKeys mask = Masks.documents(150, 77, -3);
      AttentionCase problem = new AttentionCase("twice", shape, mask, 230, 1, random);
      Result first = problem.run(kernel, 100, 230);
      for (int i = 0; i < 20; i++) {
        assertThat(problem.run(kernel, 100, 230).sameBits(first)).isTrue();
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 128, 700", "2, 1, 64, 500", "6, 3, 16, 300", "8, 8, 24, 130", "4, 1, 256, 90"})
  void anyNumberOfThreadsGivesTheSameBits(int heads, int kvHeads, int dim, int tokens) {
    AttentionShape shape = new AttentionShape(heads, kvHeads, dim);
    int third = tokens / 3;
    VisibleKeys mask = Masks.documents(third, 1, tokens - 2 * third - 1, third - 7, -7);
    for (int i = 0; i < PATHS.size(); i++) {
      Way way = PATHS.get(i);
      try (RandomTensors random = new RandomTensors(9)) {
        AttentionCase problem = new AttentionCase("threads", shape, mask, tokens, 1, random);
        Result alone = problem.run(on(way, one), third + 5, tokens);
        for (CpuThreads threads : List.of(two, three)) {
          AttentionKernel together = on(way, threads);
          for (int time = 0; time < 5; time++) {
            assertThat(problem.run(together, third + 5, tokens).sameBits(alone))
                .as("way %d, %d threads", i, threads.count())
                .isTrue();
          }
        }
      }
    }
  }

  @Test
  void aNaNStaysVisible() {
    AttentionShape shape = new AttentionShape(1, 1, 16);
    try (RandomTensors random = new RandomTensors(7)) {
      Tensor q = random.normal(20, 16);
      Tensor k = random.normal(20, 16);
      q.setFloat(5, 3, Float.NaN);
      for (AttentionKernel way : ways) {
        Tensor out = random.zeros(20, 16);
        Tensor lse = random.full(1, 20, Float.NEGATIVE_INFINITY);
        way.forward(shape, q, k, k, Masks.documents(20), out, lse);
        assertThat(lse.getFloat(0, 5)).isNaN();
        assertThat(out.getFloat(5, 0)).isNaN();
        assertThat(lse.getFloat(0, 4)).isNotNaN();
      }
    }
  }

  @Test
  void refusesTensorsThatDoNotFit() {
    AttentionShape shape = new AttentionShape(2, 1, 16);
    try (RandomTensors random = new RandomTensors(8)) {
      Tensor q = random.zeros(4, 32);
      Tensor k = random.zeros(4, 16);
      Tensor lse = random.zeros(2, 4);
      VisibleKeys mask = Masks.documents(4);
      assertThatThrownBy(() -> kernel.forward(shape, q, k, q, mask, q, lse))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("attention v is FLOAT32 [4, 32], expected FLOAT32 [4, 16]");
      VisibleKeys beyond = new VisibleKeys(new int[4], new int[] {1, 2, 3, 5});
      assertThatThrownBy(() -> kernel.forward(shape, q, k, k, beyond, q, lse))
          .hasMessageContaining("query 3 see keys [0, 5) of 4");
    }
  }

  private void check(AttentionShape shape, VisibleKeys mask, int keys, double scores) {
    check(shape, mask, keys, scores, mask.queries() + " queries, " + keys + " keys");
  }

  private void check(AttentionShape shape, VisibleKeys mask, int keys, double scores, String what) {
    try (RandomTensors random = new RandomTensors(keys)) {
      AttentionCase problem =
          new AttentionCase(shape + ", " + what, shape, mask, keys, scores, random);
      problem.assertWithinBudget(problem.run(kernel, keys));
      for (AttentionKernel way : ways) {
        problem.assertWithinBudget(problem.run(way, keys));
      }
    }
  }

  private static int[] ones(int n) {
    return IntStream.generate(() -> 1).limit(n).toArray();
  }
}
