import { Logger } from '@nestjs/common';
import { jest } from '@jest/globals';
import { SessionService, type SessionOptions, type Storage } from 'nestward';
import { TestClock } from 'nestward/testing';
import { startTestApp, type TestApp } from '../support/create-app.js';
import { decodeHeader } from '../support/session-client.js';
import { createTestStorage } from '../support/test-storage.js';

type Keys = Storage['keys'];

const HOUR_MS = 3_600_000;
const WEEK_MS = 7 * 24 * HOUR_MS;

describe('signing keys on a database that is slow or away', () => {
  const clock = new TestClock();
  const apps: TestApp[] = [];
  let shared: Storage;
  /** What is done in the place of the database, for as long as it is set. */
  let fault: Partial<Keys> = {};

  beforeEach(async () => {
    fault = {};
    shared = await createTestStorage().open();
  });

  afterEach(async () => {
    await Promise.all(apps.splice(0).map((app) => app.close()));
    await shared.close();
  });

  /** A node on the database that all of them share. */
  async function startNode(session: SessionOptions = {}): Promise<TestApp> {
    const keys = new Proxy(shared.keys, {
      get: (target, property): unknown => {
        const member: unknown = Reflect.get(fault, property) ?? Reflect.get(target, property);
        return typeof member === 'function' ? (member.bind(target) as unknown) : member;
      },
    });
    const storage = new Proxy(shared, {
      get: (target, property): unknown => {
        if (property === 'close') {
          return () => Promise.resolve();
        }
        const member: unknown = property === 'keys' ? keys : Reflect.get(target, property);
        return typeof member === 'function' ? (member.bind(target) as unknown) : member;
      },
    });
    const app = await startTestApp({
      auth: { clock, storage: { description: 'a shared storage', open: () => Promise.resolve(storage) }, session },
    });
    apps.push(app);
    return app;
  }

  const sign = async ({ app }: TestApp): Promise<string> =>
    (await app.get(SessionService).createNewSessionWithoutRequestResponse('ada')).getAccessToken();

  const verify = ({ app }: TestApp, token: string) => app.get(SessionService).getSessionWithoutRequestResponse(token);

  it('nodes that boot at one instant agree on one key of each kind', async () => {
    const nodes = await Promise.all([startNode(), startNode(), startNode()]);
    const tokens = await Promise.all(nodes.map(sign));
    expect(new Set(tokens.map((token) => decodeHeader(token).kid)).size).toBe(1);
    expect((await shared.keys.list()).map(({ purpose, generation }) => [purpose, generation])).toEqual([
      ['dynamic', 1],
      ['refresh-token', 1],
      ['static', 1],
    ]);
    for (const node of nodes) {
      for (const token of tokens) {
        await expect(verify(node, token)).resolves.toBeDefined();
      }
    }
  });

  it('nodes that rotate at one instant agree on the next key', async () => {
    const nodes = await Promise.all([startNode(), startNode(), startNode()]);
    clock.advance(WEEK_MS - HOUR_MS);
    await Promise.all(nodes.map(sign));
    clock.advance(HOUR_MS);
    const kids = (await Promise.all(nodes.map(sign))).map((token) => decodeHeader(token).kid);
    expect(new Set(kids).size).toBe(1);
    expect((await shared.keys.list()).filter(({ purpose }) => purpose === 'dynamic')).toHaveLength(2);
  });

  it('verifying goes on with the known keys while the database is away, and looks for it once a second', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const node = await startNode({ accessTokenLifetime: (2 * WEEK_MS) / 1000 });
    const tokens = await Promise.all(Array.from({ length: 10 }, () => sign(node)));
    let attempts = 0;
    fault = {
      list: () => {
        attempts++;
        return Promise.reject(new Error('the database is away'));
      },
    };
    // From here on the next key is due to be made, and nobody can.
    clock.advance(WEEK_MS - HOUR_MS);
    for (const token of tokens.slice(0, 5)) {
      await expect(verify(node, token)).resolves.toBeDefined();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(attempts).toBe(1);
    clock.advance(1000);
    for (const token of tokens.slice(5)) {
      await expect(verify(node, token)).resolves.toBeDefined();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(attempts).toBe(2);
    expect(warn).toHaveBeenCalledTimes(2);
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('the known ones go on'));
    // Whoever signs needs to know which keys the other nodes know.
    await expect(sign(node)).rejects.toThrow('the database is away');

    fault = {};
    await expect(verify(node, await sign(node))).resolves.toBeDefined();
    expect((await shared.keys.list()).filter(({ purpose }) => purpose === 'dynamic')).toHaveLength(2);
    warn.mockRestore();
  });

  it('a boot without a database ends with its error', async () => {
    fault = { list: () => Promise.reject(new Error('the database is away')) };
    await expect(startNode()).rejects.toThrow('the database is away');
  });
});
