package dev.annulus.link.benchmark;

import dev.annulus.link.Link;
import dev.annulus.link.MessageTag;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.List;

/** A way for blocks from one process to another, which answers each with a message of 8 bytes. */
interface BlockPath extends AutoCloseable {
  /** What the other side must be told. */
  String address();

  /** Both sides at once. */
  void connect(int rank, List<String> addresses) throws IOException;

  /** By rank 0: sends a block and waits for the answer. */
  void send(MemorySegment block, MemorySegment answer) throws IOException;

  /** By rank 1: receives a block and answers. */
  void answer(MemorySegment block, MemorySegment answer) throws IOException;

  @Override
  void close();

  /** Over a link. */
  final class OverLink implements BlockPath {
    private final dev.annulus.link.Endpoint endpoint;
    private Link link;
    private long sequence;

    OverLink(dev.annulus.link.Endpoint endpoint) {
      this.endpoint = endpoint;
    }

    @Override
    public String address() {
      return endpoint.address();
    }

    @Override
    public void connect(int rank, List<String> addresses) {
      link = endpoint.connect(rank, addresses, 7, 0, () -> false);
    }

    @Override
    public void send(MemorySegment block, MemorySegment answer) {
      MessageTag tag = next();
      var answered = link.receive(1, tag, answer);
      link.send(1, tag, block).await();
      answered.await();
    }

    @Override
    public void answer(MemorySegment block, MemorySegment answer) {
      MessageTag tag = next();
      link.receive(0, tag, block).await();
      link.send(0, tag, answer).await();
    }

    @Override
    public void close() {
      endpoint.close();
    }

    private MessageTag next() {
      return new MessageTag(MessageTag.Kind.KEYS, 0, sequence++, 0);
    }
  }

  /** Over a blocking TCP socket of the JDK and nothing else: what others are compared with. */
  final class OverSocket implements BlockPath {
    private final ServerSocketChannel server;
    private SocketChannel channel;

    OverSocket() throws IOException {
      server =
          ServerSocketChannel.open()
              .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    @Override
    public String address() {
      return String.valueOf(server.socket().getLocalPort());
    }

    @Override
    public void connect(int rank, List<String> addresses) throws IOException {
      channel =
          rank == 0
              ? SocketChannel.open(
                  new InetSocketAddress(
                      InetAddress.getLoopbackAddress(), Integer.parseInt(addresses.get(1))))
              : server.accept();
    }

    @Override
    public void send(MemorySegment block, MemorySegment answer) throws IOException {
      write(block.asByteBuffer());
      read(answer.asByteBuffer());
    }

    @Override
    public void answer(MemorySegment block, MemorySegment answer) throws IOException {
      read(block.asByteBuffer());
      write(answer.asByteBuffer());
    }

    @Override
    public void close() {
      try {
        server.close();
        channel.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private void write(ByteBuffer bytes) throws IOException {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    }

    private void read(ByteBuffer bytes) throws IOException {
      while (bytes.hasRemaining()) {
        if (channel.read(bytes) < 0) {
          throw new IOException("the other process has closed its socket");
        }
      }
    }
  }
}
