import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuthModule, SessionService } from 'nestward';
import { inMemoryStorage } from 'nestward/testing';
import { TEST_APP_INFO } from '../support/create-app.js';

@Module({ imports: [AuthModule.forRoot(TEST_APP_INFO, { storage: inMemoryStorage() })] })
class ScriptModule {}

describe('an application context, which has no HTTP adapter', () => {
  it('boots, and its services work', async () => {
    const app = await NestFactory.createApplicationContext(ScriptModule, { logger: false, abortOnError: false });
    const session = await app.get(SessionService).createNewSessionWithoutRequestResponse('user-1');
    expect(await app.get(SessionService).revokeSession(session.getHandle())).toBe(true);
    await app.close();
  });
});
