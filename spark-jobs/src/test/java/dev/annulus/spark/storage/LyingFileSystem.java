package dev.annulus.spark.storage;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.PositionedReadable;
import org.apache.hadoop.fs.Seekable;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;

/**
 * Objects in memory under a scheme of their own, {@code lying://NAME/path}, as an object store has
 * them: whole with the end of their writing, folders only in their names. {@link Faults} say what
 * goes wrong. Hadoop makes it by name, as it makes those of HDFS or S3: {@code fs.lying.impl}.
 */
public final class LyingFileSystem extends FileSystem {
  private static final Map<String, LyingFileSystem.Objects> STORES = new ConcurrentHashMap<>();

  private Objects objects;
  private URI uri;

  /** Used by Hadoop. */
  public LyingFileSystem() {}

  /** What is stored under one name, and what is wrong with it. */
  static final class Objects {
    final ConcurrentSkipListMap<String, byte[]> bytes = new ConcurrentSkipListMap<>();
    volatile Faults faults = Faults.NONE;

    NavigableSet<String> names() {
      return new TreeSet<>(bytes.keySet());
    }
  }

  /** The objects of a name, made if they are not there. */
  static Objects named(String name) {
    return STORES.computeIfAbsent(name, _ -> new Objects());
  }

  static void forget(String name) {
    STORES.remove(name);
  }

  /** What lies under a name, by path; for tests of commands. */
  public static Map<String, byte[]> contents(String name) {
    return named(name).bytes;
  }

  /**
   * Has a name hold no more than so many further writes, a mebibyte each at most.
   *
   * @return a counter of writes, with what was to be counted
   */
  public static AtomicInteger fullAfter(String name, int writes) {
    Faults faults = Faults.fullAfter(writes);
    named(name).faults = faults;
    return faults.writes();
  }

  /** A configuration that knows the scheme. */
  static Configuration configuration() {
    Configuration conf = new Configuration(false);
    conf.set("fs.lying.impl", LyingFileSystem.class.getName());
    conf.set("fs.lying.impl.disable.cache", "true");
    return conf;
  }

  @Override
  public void initialize(URI name, Configuration conf) throws IOException {
    super.initialize(name, conf);
    uri = URI.create(name.getScheme() + "://" + name.getAuthority());
    objects = named(name.getAuthority());
  }

  @Override
  public URI getUri() {
    return uri;
  }

  @Override
  public String getScheme() {
    return "lying";
  }

  private static String key(Path path) {
    return path.toUri().getPath();
  }

  @Override
  public FSDataInputStream open(Path file, int bufferSize) throws IOException {
    objects.faults.onCall();
    byte[] bytes = objects.bytes.get(key(file));
    if (bytes == null) {
      throw new FileNotFoundException(file.toString());
    }
    return new FSDataInputStream(new Reading(bytes));
  }

  @Override
  public FSDataOutputStream create(
      Path file,
      FsPermission permission,
      boolean overwrite,
      int bufferSize,
      short replication,
      long blockSize,
      Progressable progress)
      throws IOException {
    objects.faults.onCall();
    if (!overwrite && objects.bytes.containsKey(key(file))) {
      throw new FileAlreadyExistsException(file.toString());
    }
    ByteArrayOutputStream written =
        new ByteArrayOutputStream() {
          private boolean closed;

          @Override
          public synchronized void write(byte[] b, int offset, int length) {
            try {
              objects.faults.onWrite();
            } catch (IOException e) {
              throw new java.io.UncheckedIOException(e);
            }
            super.write(b, offset, length);
          }

          @Override
          public void close() throws IOException {
            if (!closed) {
              closed = true;
              objects.faults.onCall();
              objects.bytes.put(key(file), objects.faults.kept(toByteArray()));
            }
          }
        };
    return new FSDataOutputStream(written, null);
  }

  @Override
  public FSDataOutputStream append(Path file, int bufferSize, Progressable progress) {
    throw new UnsupportedOperationException("objects do not grow");
  }

  @Override
  public boolean rename(Path from, Path to) throws IOException {
    objects.faults.onCall();
    return objects.faults.rename(
        keep -> {
          byte[] bytes = objects.bytes.get(key(from));
          if (bytes == null && renameFolder(key(from) + "/", key(to) + "/")) {
            return true;
          }
          if (bytes == null || objects.bytes.containsKey(key(to))) {
            return false;
          }
          objects.bytes.put(key(to), Arrays.copyOf(bytes, (int) (bytes.length * keep)));
          if (keep == 1) {
            objects.bytes.remove(key(from));
          }
          return true;
        });
  }

  /** One by one, as object stores do. */
  private boolean renameFolder(String from, String to) {
    boolean any = false;
    for (String name : objects.names()) {
      if (name.startsWith(from)) {
        objects.bytes.put(to + name.substring(from.length()), objects.bytes.remove(name));
        any = true;
      }
    }
    return any;
  }

  @Override
  public boolean delete(Path path, boolean recursive) throws IOException {
    objects.faults.onCall();
    boolean was = objects.bytes.remove(key(path)) != null;
    if (recursive) {
      was |= objects.bytes.keySet().removeIf(name -> name.startsWith(key(path) + "/"));
    }
    return was;
  }

  @Override
  public FileStatus[] listStatus(Path folder) throws IOException {
    objects.faults.onCall();
    NavigableSet<String> names = objects.faults.listed(objects.names());
    String prefix = key(folder).endsWith("/") ? key(folder) : key(folder) + "/";
    TreeSet<String> children = new TreeSet<>();
    for (String name : names) {
      if (name.startsWith(prefix)) {
        children.add(name.substring(prefix.length()).split("/", 2)[0]);
      }
    }
    if (children.isEmpty()) {
      throw new FileNotFoundException(folder.toString());
    }
    List<FileStatus> found = new ArrayList<>();
    for (String child : children) {
      found.add(status(new Path(folder, child), objects.bytes.get(prefix + child)));
    }
    return found.toArray(FileStatus[]::new);
  }

  private static FileStatus status(Path path, byte[] bytes) {
    return new FileStatus(bytes == null ? 0 : bytes.length, bytes == null, 1, 1, 0, path);
  }

  @Override
  public FileStatus getFileStatus(Path path) throws IOException {
    objects.faults.onCall();
    byte[] bytes = objects.bytes.get(key(path));
    boolean isFolder =
        objects.bytes.keySet().stream().anyMatch(name -> name.startsWith(key(path) + "/"));
    if (bytes == null && !isFolder) {
      throw new FileNotFoundException(path.toString());
    }
    return status(path, bytes);
  }

  @Override
  public boolean mkdirs(Path folder, FsPermission permission) {
    return true;
  }

  @Override
  public void setWorkingDirectory(Path folder) {}

  @Override
  public Path getWorkingDirectory() {
    return new Path(uri.toString(), "/");
  }

  private static final class Reading extends ByteArrayInputStream
      implements Seekable, PositionedReadable {
    Reading(byte[] bytes) {
      super(bytes);
    }

    @Override
    public void seek(long position) {
      pos = (int) position;
    }

    @Override
    public long getPos() {
      return pos;
    }

    @Override
    public boolean seekToNewSource(long position) {
      return false;
    }

    @Override
    public int read(long position, byte[] into, int offset, int length) {
      if (position >= count) {
        return -1;
      }
      int bytes = (int) Math.min(length, count - position);
      System.arraycopy(buf, (int) position, into, offset, bytes);
      return bytes;
    }

    @Override
    public void readFully(long position, byte[] into, int offset, int length) throws IOException {
      if (read(position, into, offset, length) < length) {
        throw new java.io.EOFException();
      }
    }

    @Override
    public void readFully(long position, byte[] into) throws IOException {
      readFully(position, into, 0, into.length);
    }
  }
}
