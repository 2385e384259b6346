package dev.annulus.trainer.train;

import dev.annulus.trainer.checkpoint.CheckpointException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * A TensorBoard event file: records (length, masked CRC-32C of it, bytes, masked CRC-32C of them),
 * each a protocol buffer {@code Event} with scalars. A file that goes on from step n begins with a
 * session start at n + 1, upon which TensorBoard forgets what older files say about later steps.
 */
final class TensorBoardLog {
  private static final int WALL_TIME = 1;
  private static final int STEP = 2;
  private static final int FILE_VERSION = 3;
  private static final int SUMMARY = 5;
  private static final int SESSION_LOG = 7;
  private static final int CRC_MASK = 0xa282ead8;

  private final Path file;
  private final InstantSource clock;

  private TensorBoardLog(Path file, InstantSource clock) {
    this.file = file;
    this.clock = clock;
  }

  /** Begins a file in {@code folder} for the steps behind {@code step}. */
  static TensorBoardLog open(Path folder, long step, InstantSource clock) {
    Instant now = clock.instant();
    try {
      Files.createDirectories(folder);
      Path file = folder.resolve(name(folder, now));
      Files.createFile(file);
      TensorBoardLog log = new TensorBoardLog(file, clock);
      log.write(new Message().number(WALL_TIME, seconds(now)).text(FILE_VERSION, "brain.Event:2"));
      if (step > 0) {
        Message started = new Message().integer(1, 1);
        log.write(log.event(step + 1).message(SESSION_LOG, started));
      }
      return log;
    } catch (IOException e) {
      throw new CheckpointException("cannot write to " + folder + ": " + e.getMessage(), e);
    }
  }

  /** Adds a point to each of the curves. */
  void append(long step, Map<String, Double> scalars) {
    Message summary = new Message();
    scalars.forEach(
        (tag, value) ->
            summary.message(1, new Message().text(1, tag).single(2, value.floatValue())));
    try {
      write(event(step).message(SUMMARY, summary));
    } catch (IOException e) {
      throw new CheckpointException("cannot append to " + file + ": " + e.getMessage(), e);
    }
  }

  /** Files are read in the order of their names; restarts within a second get a number. */
  private static String name(Path folder, Instant now) {
    String base = "events.out.tfevents." + now.getEpochSecond() + ".annulus";
    String name = base;
    for (int i = 1; Files.exists(folder.resolve(name)); i++) {
      name = base + "." + i;
    }
    return name;
  }

  private Message event(long step) {
    return new Message().number(WALL_TIME, seconds(clock.instant())).integer(STEP, step);
  }

  private static double seconds(Instant instant) {
    return instant.getEpochSecond() + instant.getNano() / 1e9;
  }

  private void write(Message event) throws IOException {
    byte[] data = event.bytes.toByteArray();
    byte[] length =
        ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(data.length).array();
    ByteBuffer record =
        ByteBuffer.allocate(16 + data.length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .put(length)
            .putInt(maskedCrc(length))
            .put(data)
            .putInt(maskedCrc(data));
    Files.write(file, record.array(), StandardOpenOption.APPEND);
  }

  private static int maskedCrc(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    int value = (int) crc.getValue();
    return ((value >>> 15) | (value << 17)) + CRC_MASK;
  }

  /** A protocol buffer message under construction. */
  private static final class Message {
    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int LENGTH_DELIMITED = 2;
    private static final int FIXED32 = 5;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    Message integer(int field, long value) {
      key(field, VARINT);
      varint(value);
      return this;
    }

    Message number(int field, double value) {
      key(field, FIXED64);
      return raw(littleEndian(Double.BYTES).putDouble(value).array());
    }

    Message single(int field, float value) {
      key(field, FIXED32);
      return raw(littleEndian(Float.BYTES).putFloat(value).array());
    }

    Message text(int field, String value) {
      return delimited(field, value.getBytes(StandardCharsets.UTF_8));
    }

    Message message(int field, Message value) {
      return delimited(field, value.bytes.toByteArray());
    }

    private Message delimited(int field, byte[] value) {
      key(field, LENGTH_DELIMITED);
      varint(value.length);
      return raw(value);
    }

    private void key(int field, int wireType) {
      varint((long) field << 3 | wireType);
    }

    private void varint(long value) {
      long rest = value;
      while ((rest & ~0x7fL) != 0) {
        bytes.write((int) ((rest & 0x7f) | 0x80));
        rest >>>= 7;
      }
      bytes.write((int) rest);
    }

    private Message raw(byte[] value) {
      try {
        bytes.write(value);
      } catch (IOException e) {
        throw new UncheckedIOException("memory does not fail", e);
      }
      return this;
    }

    private static ByteBuffer littleEndian(int size) {
      return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }
  }
}
