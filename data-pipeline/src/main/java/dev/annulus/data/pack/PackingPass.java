package dev.annulus.data.pack;

import java.util.ArrayList;
import java.util.List;

/**
 * How the windows of one pass become those of the next: neighbours are put together. There are
 * always fewer, so there is a last pass, of one window.
 */
public final class PackingPass {
  private PackingPass() {}

  /**
   * How many windows the next pass has.
   *
   * @param windows of this pass, more than 1
   * @param wanted for the tokens that are left
   */
  public static int windowsAfter(int windows, int wanted) {
    return Math.min(wanted, windows - 1);
  }

  /** The window of the next pass that takes what {@code window} of this one has left. */
  public static int next(int window, int windows, int windowsAfter) {
    return Math.toIntExact((long) window * windowsAfter / windows);
  }

  /** Everything that windows have left, put together to at most {@code wanted} windows. */
  public static <T> List<List<T>> merged(List<List<T>> windows, int wanted) {
    int after = windowsAfter(windows.size(), wanted);
    List<List<T>> merged = new ArrayList<>();
    for (int i = 0; i < after; i++) {
      merged.add(new ArrayList<>());
    }
    for (int window = 0; window < windows.size(); window++) {
      merged.get(next(window, windows.size(), after)).addAll(windows.get(window));
    }
    return merged;
  }
}
