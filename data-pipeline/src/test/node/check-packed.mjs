// Packed rows read by DuckDB, and their documents tokenised again by Hugging Face's JavaScript library: every document must
// stand in the rows exactly once with the same ids, targets, positions and weights.
//
//   npm install @duckdb/node-api@1.5.6-r.1 @huggingface/tokenizers@0.2.0
//   node check-packed.mjs TOKENIZER_FOLDER BOS_ID EOS_ID PACKED_FOLDER CORPUS.jsonl ...
//
// Rows must be longer than the longest document, and the loss normalisation `token`.
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';

const require = createRequire(process.cwd() + '/');
const { DuckDBInstance } = require('@duckdb/node-api');
const { Tokenizer } = require('@huggingface/tokenizers');

const [tokenizerFolder, bosText, eosText, packed, ...corpora] = process.argv.slice(2);
const read = (name) => JSON.parse(readFileSync(`${tokenizerFolder}/${name}`, 'utf8'));
const tokenizer = new Tokenizer(read('tokenizer.json'), read('tokenizer_config.json'));
const digest = (ids) => createHash('sha256').update(Int32Array.from(ids)).digest('base64');

const expected = new Map();
let documents = 0;
let tokens = 0;
for (const corpus of corpora) {
  for await (const line of createInterface({ input: createReadStream(corpus) })) {
    const inner = tokenizer.encode(JSON.parse(line).text, { add_special_tokens: false }).ids;
    const key = digest([Number(bosText), ...inner, Number(eosText)]);
    expected.set(key, (expected.get(key) ?? 0) + 1);
    documents++;
    tokens += inner.length + 2;
  }
}

const connection = await (await DuckDBInstance.create()).connect();
const result = await connection.stream(`SELECT * FROM read_parquet('${packed}/*.parquet')`);
let rows = 0;
let found = 0;
let wrong = 0;
for (;;) {
  const chunk = await result.fetchChunk();
  if (!chunk || chunk.rowCount === 0) break;
  for (const row of chunk.getRows()) {
    const [inputs, targets, segments, positions, weights] = row.slice(0, 5).map((list) => list.items);
    rows++;
    for (let start = 0; start < inputs.length && segments[start] !== 0; ) {
      let end = start;
      while (end < inputs.length && segments[end] === segments[start]) end++;
      for (let i = start; i < end; i++) {
        const last = i === end - 1;
        if (positions[i] !== i - start || targets[i] !== (last ? 0 : inputs[i + 1]) || weights[i] !== (last ? 0 : 1)) wrong++;
      }
      const key = digest(inputs.slice(start, end));
      const left = expected.get(key) ?? 0;
      if (left > 0) {
        expected.set(key, left - 1);
        found++;
      }
      start = end;
    }
  }
}
console.log(`${documents} documents, ${tokens} tokens by the library; ${found} of them in ${rows} rows; ${wrong} wrong values`);
process.exit(found === documents && wrong === 0 ? 0 : 1);
