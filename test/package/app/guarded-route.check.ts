import 'reflect-metadata';
import assert from 'node:assert/strict';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuthModule } from 'nestward';
import { createSessionHeaders, inMemoryStorage } from 'nestward/testing';
import { GreetingController } from './greeting.controller.js';

const domain = 'http://localhost:3000';

@Module({
  imports: [
    AuthModule.forRoot(
      { appName: 'Package check', apiDomain: domain, websiteDomain: domain },
      { storage: inMemoryStorage() },
    ),
  ],
  controllers: [GreetingController],
})
class AppModule {}

/** Tests a guarded route as a user of `nestward/testing` does. */
async function check(): Promise<void> {
  const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
  await app.listen(0, '127.0.0.1');
  const url = `${await app.getUrl()}/greeting`;
  try {
    assert.equal((await fetch(url)).status, 401);
    const answer = await fetch(url, { headers: await createSessionHeaders(app, 'user-1') });
    assert.equal(answer.status, 200);
    assert.deepEqual(await answer.json(), { userId: 'user-1' });
  } finally {
    await app.close();
  }
}

void check();
