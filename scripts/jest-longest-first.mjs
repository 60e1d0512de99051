/**
 * The order of the test files where Jest has not yet seen how long each takes, as on a fresh checkout: it then goes by their size, and a short file
 * that plays thousands of runs begins last and is waited for alone.
 */
import Sequencer from '@jest/test-sequencer';

/** Those that take a minute or more, the longest first. */
const LONG = ['test/model/sequences', 'test/crash/crash-points', 'test/crash/fencing', 'test/contract/embedded', 'test/model/mutations'];

const placeOf = (file) => {
  const place = LONG.findIndex((name) => file.replaceAll('\\', '/').includes(`/${name}.test.`));
  return place < 0 ? LONG.length : place;
};

export default class LongestFirst extends Sequencer {
  async sort(tests) {
    const sorted = await super.sort(tests);
    return sorted.toSorted((a, b) => placeOf(a.path) - placeOf(b.path));
  }
}
