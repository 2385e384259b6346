package dev.annulus.data.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.config.InvalidInputException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;

class ReadAheadTest {
  private static final Duration DEADLINE = Duration.ofSeconds(20);

  private static <T> ReadAhead<T> ahead(LongFunction<T> reader, long first, long last) {
    return new ReadAhead<>("row", reader, first, last, 2, DEADLINE, System::nanoTime);
  }

  @Test
  void valuesComeInOrderAndNothingIsReadBehindTheLast() {
    AtomicInteger reads = new AtomicInteger();
    try (ReadAhead<String> ahead =
        ahead(
            number -> {
              reads.incrementAndGet();
              return "row " + number;
            },
            3,
            5)) {
      assertThat(ahead.next()).isEqualTo("row 3");
      assertThat(ahead.next()).isEqualTo("row 4");
      assertThat(ahead.next()).isEqualTo("row 5");
    }
    assertThat(reads).hasValue(3);
  }

  @Test
  void aFailureComesWhereItsValueWouldHaveCome() {
    try (ReadAhead<Long> ahead =
        ahead(
            number -> {
              if (number == 2) {
                throw new InvalidInputException("part-0", "damaged", "a whole file");
              }
              return number;
            },
            1,
            9)) {
      assertThat(ahead.next()).isEqualTo(1);
      assertThatThrownBy(ahead::next)
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("part-0: damaged");
    }
  }

  @Test
  void closingEndsAReaderWhoseValuesNobodyWants() throws Exception {
    AtomicInteger reads = new AtomicInteger();
    CountDownLatch full = new CountDownLatch(3);
    ReadAhead<Integer> ahead =
        ahead(
            number -> {
              full.countDown();
              return reads.incrementAndGet();
            },
            1,
            1000);
    assertThat(full.await(20, TimeUnit.SECONDS)).isTrue();
    ahead.close();
    assertThat(reads.get()).isEqualTo(3);
  }

  @Test
  void aWaitHasADeadlineAndIsMeasured() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    AtomicLong clock = new AtomicLong();
    ReadAhead<Long> ahead =
        new ReadAhead<>(
            "step",
            number -> {
              try {
                release.await();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
              return number;
            },
            7,
            7,
            1,
            Duration.ofMillis(20),
            () -> clock.addAndGet(5));
    assertThatThrownBy(ahead::next)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("step 7 was not read within 0 s");
    assertThat(ahead.stalledNs()).isEqualTo(5);
    release.countDown();
    ahead.close();
  }
}
