package dev.annulus.device.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CpuThreadsTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5})
  void everyPartRunsOnce(int count) {
    try (CpuThreads threads = new CpuThreads(count)) {
      assertThat(threads.count()).isEqualTo(count);
      for (int parts : new int[] {0, 1, 2, 3, 7, 100}) {
        AtomicIntegerArray runs = new AtomicIntegerArray(parts);
        threads.run(parts, (part, _) -> runs.incrementAndGet(part));
        for (int part = 0; part < parts; part++) {
          assertThat(runs.get(part)).as("part %d of %d", part, parts).isEqualTo(1);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void piecesCoverTheRange(int count) {
    try (CpuThreads threads = new CpuThreads(count)) {
      for (int n : new int[] {0, 1, 9, 10, 11, 95}) {
        AtomicIntegerArray covered = new AtomicIntegerArray(n);
        threads.split(
            n,
            10,
            (from, to) -> {
              assertThat(to - from).isBetween(1L, 10L);
              for (long i = from; i < to; i++) {
                covered.incrementAndGet((int) i);
              }
            });
        for (int i = 0; i < n; i++) {
          assertThat(covered.get(i)).isEqualTo(1);
        }
      }
    }
  }

  @Test
  void partsRunAtTheSameTimeUnderDifferentNumbers() {
    try (CpuThreads threads = new CpuThreads(3)) {
      for (int i = 0; i < 50; i++) {
        CyclicBarrier allThree = new CyclicBarrier(3);
        Set<Integer> numbers = ConcurrentHashMap.newKeySet();
        threads.run(
            3,
            (_, thread) -> {
              numbers.add(thread);
              meet(allThree);
            });
        assertThat(numbers).containsExactlyInAnyOrder(0, 1, 2);
      }
    }
  }

  @Test
  void helpersThatSleptWakeUp() {
    try (CpuThreads threads = new CpuThreads(2)) {
      for (int i = 0; i < 3; i++) {
        awaitParked();
        CyclicBarrier both = new CyclicBarrier(2);
        threads.run(2, (_, _) -> meet(both));
      }
    }
  }

  @Test
  void theFirstFailureReachesTheCallerAndTheRestStillRuns() {
    try (CpuThreads threads = new CpuThreads(3)) {
      for (int i = 0; i < 20; i++) {
        AtomicIntegerArray runs = new AtomicIntegerArray(30);
        assertThatThrownBy(
                () ->
                    threads.run(
                        30,
                        (part, _) -> {
                          runs.incrementAndGet(part);
                          if (part % 7 == 4) {
                            throw new ArithmeticException("part " + part);
                          }
                        }))
            .isInstanceOf(ArithmeticException.class)
            .hasMessage("part 4");
        for (int part = 0; part < 30; part++) {
          assertThat(runs.get(part)).isEqualTo(1);
        }
      }
      assertThatThrownBy(
              () ->
                  threads.run(
                      2,
                      (part, _) -> {
                        if (part == 1) {
                          throw new StackOverflowError("deep");
                        }
                      }))
          .isInstanceOf(StackOverflowError.class);
      threads.run(2, (_, _) -> {});
    }
  }

  @Test
  void anInterruptNeitherEndsTheWaitNorGetsLost() {
    try (CpuThreads threads = new CpuThreads(2)) {
      AtomicIntegerArray runs = new AtomicIntegerArray(200);
      Thread.currentThread().interrupt();
      threads.run(
          200,
          (part, _) -> {
            for (int i = 0; i < 10_000; i++) {
              Thread.onSpinWait();
            }
            runs.incrementAndGet(part);
          });
      assertThat(Thread.interrupted()).isTrue();
      for (int part = 0; part < 200; part++) {
        assertThat(runs.get(part)).isEqualTo(1);
      }
    }
  }

  @Test
  void oneJobAtATime() {
    try (CpuThreads threads = new CpuThreads(2)) {
      assertThatThrownBy(() -> threads.run(2, (_, _) -> threads.run(2, (_, _) -> {})))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("one thing at a time");
    }
  }

  @Test
  void closingEndsTheHelpers() {
    Set<Thread> before = helpers();
    CpuThreads threads = new CpuThreads(4);
    threads.run(10, (_, _) -> {});
    assertThat(helpers()).hasSize(before.size() + 3);
    threads.close();
    threads.close();
    assertThat(helpers()).isSubsetOf(before);
    assertThatThrownBy(() -> threads.run(2, (_, _) -> {}))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
  }

  @Test
  void closingADeviceEndsItsHelpers() {
    Set<Thread> before = helpers();
    try (CpuDevice device = new CpuDevice(3)) {
      assertThat(helpers()).hasSize(before.size() + 2);
      assertThat(device.describe()).contains("CPU, 3 threads");
    }
    assertThat(helpers()).isSubsetOf(before);
  }

  @Test
  void refusesNoThreads() {
    assertThatThrownBy(() -> new CpuThreads(0)).hasMessageContaining("0 threads");
  }

  private static void meet(CyclicBarrier barrier) {
    try {
      barrier.await(30, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static void awaitParked() {
    while (helpers().stream().anyMatch(helper -> helper.getState() == Thread.State.RUNNABLE)) {
      Thread.onSpinWait();
    }
  }

  private static Set<Thread> helpers() {
    Set<Thread> helpers = ConcurrentHashMap.newKeySet();
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (thread.getName().startsWith("annulus-cpu-") && thread.isAlive()) {
        helpers.add(thread);
      }
    }
    return helpers;
  }
}
