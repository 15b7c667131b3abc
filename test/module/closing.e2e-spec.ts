import { Controller, Get, UseGuards } from '@nestjs/common';
import { AuthModule, SessionGuard, type Storage, type StorageFactory } from 'nestward';
import { createSessionHeaders } from 'nestward/testing';
import { NestFactory } from '@nestjs/core';
import { Module } from '@nestjs/common';
import { startTestApp, TEST_APP_INFO } from '../support/create-app.js';
import { createTestStorage } from '../support/test-storage.js';

let release: (() => void) | undefined;
let arrived: (() => void) | undefined;

@Controller()
class SlowController {
  @Get('slow')
  @UseGuards(SessionGuard)
  async getSlow(): Promise<{ done: true }> {
    arrived?.();
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    return { done: true };
  }
}

/** A storage that counts how often it is closed. */
function countCloses(): StorageFactory & { readonly closes: string[] } {
  const closes: string[] = [];
  return {
    description: 'a counted storage',
    closes,
    open: async (): Promise<Storage> => {
      const inner = await createTestStorage().open();
      return new Proxy(inner, {
        get: (target, property): unknown => {
          if (property === 'close') {
            return () => {
              closes.push('closed');
              return target.close();
            };
          }
          const member: unknown = Reflect.get(target, property);
          return typeof member === 'function' ? (member.bind(target) as unknown) : member;
        },
      });
    },
  };
}

describe('app.close()', () => {
  it('closes the storage, once', async () => {
    const storage = countCloses();
    const testApp = await startTestApp({ auth: { storage } });
    expect(storage.closes).toEqual([]);
    await testApp.close();
    expect(storage.closes).toEqual(['closed']);
  });

  it('lets requests that are under way come to their end first', async () => {
    const storage = countCloses();
    const testApp = await startTestApp({ controllers: [SlowController], auth: { storage } });
    const headers = await createSessionHeaders(testApp.app, 'ada');
    const hasArrived = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const answer = fetch(`${testApp.url}/slow`, { headers: { ...headers, connection: 'close' } });
    await hasArrived;
    const closing = testApp.close();
    await new Promise((resolve) => setImmediate(resolve));
    expect(storage.closes).toEqual([]);
    release?.();
    expect(await (await answer).json()).toEqual({ done: true });
    await closing;
    expect(storage.closes).toEqual(['closed']);
  });

  it('closes the storage of an app that was only initialised', async () => {
    const storage = countCloses();
    @Module({ imports: [AuthModule.forRoot(TEST_APP_INFO, { storage })] })
    class InitialisedModule {}
    const app = await NestFactory.create(InitialisedModule, { logger: false, abortOnError: false });
    await app.init();
    await app.close();
    expect(storage.closes).toEqual(['closed']);
  });
});
