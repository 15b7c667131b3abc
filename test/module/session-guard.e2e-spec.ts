import {
  Catch,
  Controller,
  Get,
  HttpException,
  UseGuards,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  GeneralErrorException,
  Public,
  Session,
  SessionGuard,
  VerifySession,
  type JsonObject,
  type SessionContainer,
} from 'nestward';
import { createSessionHeaders } from 'nestward/testing';
import { startTestApp, type TestApp } from '../support/create-app.js';

@Controller()
class GuardedByAppController {
  @Get('closed')
  getClosed(@Session('userId') userId: string): { userId: string } {
    return { userId };
  }

  @Public()
  @Get('public')
  getPublic(@Session() session: SessionContainer | undefined): { hasSession: boolean } {
    return { hasSession: session !== undefined };
  }

  @VerifySession({ sessionRequired: false })
  @Get('optional')
  getOptional(@Session('userId') userId: string | undefined): { userId: string | null } {
    return { userId: userId ?? null };
  }
}

@Public()
@Controller('mostly-public')
class MostlyPublicController {
  @Get('open')
  getOpen(): { ok: true } {
    return { ok: true };
  }

  // What a handler says counts more than what its controller says.
  @VerifySession()
  @Get('closed')
  getClosed(@Session() session: SessionContainer): { handle: string } {
    return { handle: session.getHandle() };
  }
}

@Controller('properties')
@UseGuards(SessionGuard)
class PropertiesController {
  @Get()
  get(
    @Session('userId') userId: string,
    @Session('recipeUserId') recipeUserId: string,
    @Session('tenantId') tenantId: string,
    @Session('handle') handle: string,
    @Session('accessTokenPayload') payload: JsonObject,
  ): JsonObject {
    return { userId, recipeUserId, tenantId, handle, role: payload['role'] };
  }
}

@Controller('forgotten')
class ForgottenController {
  @Get()
  get(@Session() session: SessionContainer): { userId: string } {
    return { userId: session.getUserId() };
  }
}

@Controller('errors')
class ErrorsController {
  @Get('http')
  throwHttp(): never {
    throw new HttpException('I am a teapot', 418);
  }

  @Get('plain')
  throwPlain(): never {
    throw new Error('a bug of the app');
  }

  @Get('general')
  throwGeneral(): never {
    throw new GeneralErrorException('Come back tomorrow');
  }
}

/** An app's own filter for everything. */
@Catch()
class OwnFilter implements ExceptionFilter {
  catch(exception: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<{ status(code: number): { json(body: unknown): void } }>();
    response.status(599).json({ own: exception instanceof Error ? exception.message : 'unknown' });
  }
}

describe('guards, decorators and filters in an app', () => {
  const apps: TestApp[] = [];

  const start = async (options: Parameters<typeof startTestApp>[0]): Promise<TestApp> => {
    const test = await startTestApp(options);
    apps.push(test);
    return test;
  };

  afterAll(async () => {
    await Promise.all(apps.map((app) => app.close()));
  });

  const get = async (test: TestApp, path: string, userId?: string): Promise<{ status: number; body: unknown }> => {
    const headers = userId === undefined ? {} : await createSessionHeaders(test.app, userId);
    const response = await fetch(test.url + path, { headers });
    return { status: response.status, body: await response.json() };
  };

  it.each([
    ['Express', {}],
    ['Fastify', { adapter: () => new FastifyAdapter() }],
  ])(
    'SessionGuard as APP_GUARD guards all but @Public() on %s, and leaves the auth routes open',
    async (_name, adapter) => {
      const test = await start({
        ...adapter,
        controllers: [GuardedByAppController, MostlyPublicController],
        providers: [{ provide: APP_GUARD, useClass: SessionGuard }],
      });
      expect(await get(test, '/closed')).toEqual({ status: 401, body: { message: 'unauthorised' } });
      expect(await get(test, '/closed', 'ada')).toEqual({ status: 200, body: { userId: 'ada' } });
      expect(await get(test, '/public')).toEqual({ status: 200, body: { hasSession: false } });
      // A public route is not asked for a session, whatever comes with the request.
      expect(await get(test, '/public', 'ada')).toEqual({ status: 200, body: { hasSession: false } });
      expect(await get(test, '/optional')).toEqual({ status: 200, body: { userId: null } });
      expect(await get(test, '/optional', 'ada')).toEqual({ status: 200, body: { userId: 'ada' } });
      expect(await get(test, '/mostly-public/open')).toEqual({ status: 200, body: { ok: true } });
      expect((await get(test, '/mostly-public/closed')).status).toBe(401);
      expect((await get(test, '/mostly-public/closed', 'ada')).status).toBe(200);
      expect((await get(test, '/auth/jwt/jwks.json')).status).toBe(200);
      expect((await get(test, '/auth/emailpassword/email/exists?email=a@b.co')).status).toBe(200);
    },
  );

  it('@Session hands over the session, or one thing of it', async () => {
    const test = await start({ controllers: [PropertiesController] });
    const headers = await createSessionHeaders(test.app, 'ada', {
      recipeUserId: 'ada-google',
      accessTokenPayload: { role: 'admin', sub: 'somebody else' },
    });
    const response = await fetch(`${test.url}/properties`, { headers });
    expect(await response.json()).toEqual({
      userId: 'ada',
      recipeUserId: 'ada-google',
      tenantId: 'public',
      handle: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      role: 'admin',
    });
  });

  it('@Session without a guard says what is missing', async () => {
    const test = await start({
      controllers: [ForgottenController],
      providers: [{ provide: APP_FILTER, useClass: OwnFilter }],
    });
    expect(await get(test, '/forgotten', 'ada')).toEqual({
      status: 599,
      body: {
        own: '@Session() found no session on ForgottenController.get, because no SessionGuard stands before it: add @UseGuards(SessionGuard).',
      },
    });
  });

  it('exceptions that are not the library’s go to the app’s own filters, and to Nest’s where there is none', async () => {
    const plain = await start({ controllers: [ErrorsController] });
    expect((await get(plain, '/errors/http')).status).toBe(418);
    plain.app.useLogger(false);
    expect((await get(plain, '/errors/plain')).status).toBe(500);
    expect(await get(plain, '/errors/general')).toEqual({
      status: 200,
      body: { status: 'GENERAL_ERROR', message: 'Come back tomorrow' },
    });

    const own = await start({
      controllers: [ErrorsController, PropertiesController],
      providers: [{ provide: APP_FILTER, useClass: OwnFilter }],
    });
    expect(await get(own, '/errors/http')).toEqual({ status: 599, body: { own: 'I am a teapot' } });
    expect(await get(own, '/errors/plain')).toEqual({ status: 599, body: { own: 'a bug of the app' } });
  });

  it('two apps in one process share nothing', async () => {
    const [one, two] = [
      await start({ controllers: [PropertiesController] }),
      await start({ controllers: [PropertiesController] }),
    ];
    const headers = await createSessionHeaders(one.app, 'ada');
    expect((await fetch(`${one.url}/properties`, { headers })).status).toBe(200);
    expect((await fetch(`${two.url}/properties`, { headers })).status).toBe(401);
    await one.close();
    expect((await get(two, '/properties', 'ada')).status).toBe(200);
  });
});

// What the compiler must refuse: `npm run typecheck` fails where an expected error is missing.
export class TypedController {
  @VerifySession({ sessionRequired: false })
  takesUndefined(@Session() _session: SessionContainer | undefined): void {
    // Only its type matters.
  }

  @VerifySession({ sessionRequired: false })
  takesOtherThings(@Session('userId') _userId: string | undefined, _other: number): void {
    // Only its type matters.
  }

  // @ts-expect-error -- the session may be missing, and the parameter does not say so
  @VerifySession({ sessionRequired: false })
  forgetsUndefined(@Session() _session: SessionContainer): void {
    // Only its type matters.
  }

  @VerifySession()
  needsNoUndefined(@Session() _session: SessionContainer): void {
    // Only its type matters.
  }
}
