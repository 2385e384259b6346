package dev.annulus.data.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;

final class JsonMessageTest {
  @Test
  void anOpenBracketIsPlacedByLineAndColumn() {
    assertThat(message("{\"a\": [1, 2"))
        .contains("Unexpected end-of-input")
        .contains("start marker at line: 1, column: 7)")
        .doesNotContain("Source");
  }

  @Test
  void otherMessagesStayAsTheyAre() {
    assertThat(message("{\"a\": nul}")).startsWith("Unrecognized token 'nul'");
  }

  private static String message(String json) {
    return JsonMessage.of(
        catchThrowableOfType(
            JsonProcessingException.class, () -> new ObjectMapper().readTree(json)));
  }
}
