import type { Benchmark } from './benchmark.js';
import type { Finding } from './harness/finding.js';
import { formatRequest, HttpLoad } from './harness/http-load.js';
import { interleave, ratios, type Slice } from './harness/interleave.js';
import { formatMicroseconds, formatRate } from './harness/report.js';
import { ServerProcess } from './harness/server-process.js';
import { median } from './harness/statistics.js';

const SERVER = new URL('./guarded-route.server.js', import.meta.url);
const CONNECTIONS = 16;
const SLICE_MS = 100;
const ROUNDS = { warmUp: 15, measured: 80 };

/** A slice of load, and what it cost the server. */
interface LoadSlice {
  readonly run: Slice;
  /** The server's CPU time per request in each slice, in microseconds. */
  readonly cpuTimes: number[];
}

/**
 * Every contender gets the same requests, token included, so that the difference is the guard and not the length of the
 * request. A thousand people take turns, and their tokens have been verified before.
 */
export const guardedRoute: Benchmark = {
  name: 'guarded-route',
  title: `requests/s of a Nest app on Express, ${String(CONNECTIONS)} connections from a second process on loopback`,
  run: async () => {
    const [server, plain] = await Promise.all([ServerProcess.start(SERVER), ServerProcess.start(SERVER, ['plain'])]);
    const [load, plainLoad] = await Promise.all([
      HttpLoad.open(server.port, CONNECTIONS),
      HttpLoad.open(plain.port, CONNECTIONS),
    ]);
    try {
      const byHeader = server.data.map((token) => ({ authorization: `Bearer ${token}` }));
      const byCookie = server.data.map((token) => ({ cookie: `sAccessToken=${token}` }));
      const slices = {
        plain: createSlice(plain, plainLoad, '/unguarded', byHeader),
        unguardedByHeader: createSlice(server, load, '/unguarded', byHeader),
        guardedByHeader: createSlice(server, load, '/guarded', byHeader),
        unguardedByCookie: createSlice(server, load, '/unguarded', byCookie),
        guardedByCookie: createSlice(server, load, '/guarded', byCookie),
      };
      const measured = await interleave(
        {
          plain: slices.plain.run,
          unguardedByHeader: slices.unguardedByHeader.run,
          guardedByHeader: slices.guardedByHeader.run,
          guardedByCookie: slices.guardedByCookie.run,
          unguardedByCookie: slices.unguardedByCookie.run,
        },
        ROUNDS,
      );
      const compare = (title: string, contender: keyof typeof slices, peer: keyof typeof slices): Finding => ({
        title,
        values: ratios(measured[contender], measured[peer]),
        unit: 'ratio',
        detail: [
          `${formatRate(median(measured[contender]))} against ${formatRate(median(measured[peer]))}`,
          `CPU per request ${formatMicroseconds(median(slices[contender].cpuTimes))} against ${formatMicroseconds(median(slices[peer].cpuTimes))}`,
        ].join('; '),
      });
      const goal = { atLeast: 0.9 };
      return [
        { ...compare('guarded / unguarded route, token in a header', 'guardedByHeader', 'unguardedByHeader'), goal },
        { ...compare('guarded / unguarded route, token in a cookie', 'guardedByCookie', 'unguardedByCookie'), goal },
        compare('unguarded route with / without the module in the app', 'unguardedByHeader', 'plain'),
      ];
    } finally {
      load.close();
      plainLoad.close();
      await Promise.all([server.stop(), plain.stop()]);
    }
  },
};

function createSlice(
  server: ServerProcess,
  load: HttpLoad,
  path: string,
  people: readonly Readonly<Record<string, string>>[],
): LoadSlice {
  const requests = people.map((headers) => formatRequest('GET', path, headers));
  const cpuTimes: number[] = [];
  let next = 0;
  return {
    cpuTimes,
    run: async () => {
      let count = 0;
      const before = await server.getCpuTime();
      const rate = await load.run(SLICE_MS, () => {
        count++;
        return requests[next++ % requests.length] ?? '';
      });
      cpuTimes.push(((await server.getCpuTime()) - before) / count);
      return rate;
    },
  };
}
