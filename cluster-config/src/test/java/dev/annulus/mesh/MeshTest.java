package dev.annulus.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class MeshTest {
  @ParameterizedTest
  @CsvSource({"1,1", "4,1", "1,3", "4,3"})
  void ranksAndPlacesAreOneToOne(int context, int data) {
    Mesh mesh = new Mesh(context, data);
    assertThat(mesh.world()).isEqualTo(context * data);
    int rank = 0;
    for (int dataIndex = 0; dataIndex < data; dataIndex++) {
      for (int contextIndex = 0; contextIndex < context; contextIndex++) {
        assertThat(mesh.rank(dataIndex, contextIndex)).isEqualTo(rank);
        assertThat(mesh.dataIndex(rank)).isEqualTo(dataIndex);
        assertThat(mesh.contextIndex(rank)).isEqualTo(contextIndex);
        rank++;
      }
    }
    assertThat(rank).isEqualTo(mesh.world());
  }

  @Test
  void theRanksOfARingAreNeighbours() {
    Mesh mesh = new Mesh(3, 2);
    assertThat(mesh.rank(1, 0)).isEqualTo(3);
    assertThat(mesh.rank(1, 2)).isEqualTo(5);
  }

  @ParameterizedTest
  @CsvSource({"0,1", "1,0", "-2,1"})
  void emptyMeshesAreRefused(int context, int data) {
    assertThatThrownBy(() -> new Mesh(context, data))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("mesh of context " + context + ", data " + data);
  }
}
