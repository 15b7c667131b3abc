import { Controller, Get, Inject } from '@nestjs/common';
import { HealthCheck, HealthCheckService, TerminusModule, type HealthCheckResult } from '@nestjs/terminus';
import { Public, StorageHealthIndicator, StorageUnavailableError, type Storage } from 'nestward';
import { startTestApp } from '../support/create-app.js';
import { createTestStorage } from '../support/test-storage.js';

@Public()
@Controller('health')
class HealthController {
  constructor(
    @Inject(HealthCheckService) private readonly health: HealthCheckService,
    @Inject(StorageHealthIndicator) private readonly storage: StorageHealthIndicator,
  ) {}

  @Get()
  @HealthCheck()
  check(): Promise<HealthCheckResult> {
    return this.health.check([() => this.storage.isHealthy('auth')]);
  }
}

describe('StorageHealthIndicator in @nestjs/terminus', () => {
  it('is up while the database answers, and down while it does not', async () => {
    let isAway = false;
    const factory = createTestStorage();
    const test = await startTestApp({
      imports: [TerminusModule.forRoot({ logger: false })],
      controllers: [HealthController],
      auth: {
        storage: {
          description: factory.description,
          open: async () => withPing(await factory.open(), () => isAway),
        },
      },
    });
    const up = await fetch(`${test.url}/health`);
    expect(up.status).toBe(200);
    expect(await up.json()).toMatchObject({ status: 'ok', info: { auth: { status: 'up' } } });

    isAway = true;
    const down = await fetch(`${test.url}/health`);
    expect(down.status).toBe(503);
    expect(await down.json()).toMatchObject({
      status: 'error',
      error: { auth: { status: 'down', message: 'The database is not available' } },
    });

    isAway = false;
    expect((await fetch(`${test.url}/health`)).status).toBe(200);
    await test.close();
  });
});

/** A storage that gives no sign of life while it is away. */
function withPing(storage: Storage, isAway: () => boolean): Storage {
  const ping = (): Promise<void> => (isAway() ? Promise.reject(new StorageUnavailableError('away')) : storage.ping());
  return new Proxy(storage, {
    get: (target, property) => {
      const value: unknown = property === 'ping' ? ping : Reflect.get(target, property);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
