import { Controller, Get, HttpCode, Inject, Post, Req, Res, UseGuards } from '@nestjs/common';
import {
  BooleanClaim,
  Session,
  SessionContainer,
  SessionGuard,
  SessionService,
  VerifySession,
  type AuthOptions,
  type HttpRequest,
  type HttpResponse,
  type JsonObject,
} from 'nestward';
import { startTestApp, type TestApp, type TestAppOptions } from '../support/create-app.js';
import { Browser } from './browser.js';
import { RunningClock } from './running-clock.js';

export const API = 'http://localhost:3001';
export const WEBSITE = 'http://localhost:3000';

/** Has letters beyond ASCII, and in base64, wherever it stands, both characters in which that differs from base64url. */
export const COLOR = 'rød ???>>>';

/** Whether a user has done what `/welcome` asks for: by user id. */
const welcomed = new Set<string>();

export const welcomeClaim = new BooleanClaim({
  key: 'welcome',
  fetchValue: ({ userId }) => welcomed.has(userId),
});

/** What an app has besides the routes of the library. */
@Controller()
class ApiController {
  constructor(@Inject(SessionService) private readonly sessions: SessionService) {}

  @Get('me')
  @UseGuards(SessionGuard)
  getMe(@Session('userId') userId: string): { userId: string } {
    return { userId };
  }

  @Post('like')
  @HttpCode(200)
  @UseGuards(SessionGuard)
  like(@Session('userId') userId: string): { userId: string } {
    return { userId };
  }

  @Get('open')
  getOpen(): { isOpen: true } {
    return { isOpen: true };
  }

  @Get('vip')
  @VerifySession({ overrideGlobalClaimValidators: (validators) => [...validators, welcomeClaim.validators.isTrue()] })
  getVip(@Session('userId') userId: string): { userId: string } {
    return { userId };
  }

  @Get('checked')
  @VerifySession({ checkDatabase: true })
  getChecked(@Session('userId') userId: string): { userId: string } {
    return { userId };
  }

  @Get('greeting')
  @VerifySession({ sessionRequired: false })
  getGreeting(@Session() session: SessionContainer | undefined): { userId: string | null } {
    return { userId: session?.getUserId() ?? null };
  }

  @Post('welcome')
  @HttpCode(200)
  @UseGuards(SessionGuard)
  async welcome(@Session() session: SessionContainer): Promise<JsonObject> {
    welcomed.add(session.getUserId());
    await session.fetchAndSetClaim(welcomeClaim);
    return {};
  }

  @Post('color')
  @HttpCode(200)
  @UseGuards(SessionGuard)
  async setColor(@Session() session: SessionContainer): Promise<JsonObject> {
    await session.mergeIntoAccessTokenPayload({ color: COLOR });
    return {};
  }

  @Post('revoke')
  @HttpCode(200)
  @UseGuards(SessionGuard)
  async revoke(@Session() session: SessionContainer): Promise<JsonObject> {
    await session.revokeSession();
    return {};
  }

  /** A way to sign in that the library does not have. */
  @Post('login')
  @HttpCode(200)
  async logIn(@Req() request: HttpRequest, @Res({ passthrough: true }) response: HttpResponse): Promise<JsonObject> {
    await this.sessions.createNewSession(request, response, 'login-user');
    return {};
  }
}

/** An app with the library, and the browsers of the people who use it. */
export interface ConformanceWorld {
  readonly testApp: TestApp;
  readonly clock: RunningClock;
  readonly sessions: SessionService;
  /** @param clockError how far the clock of the person's device is ahead of the server's, in milliseconds. */
  openBrowser(clockError?: number): Browser;
  close(): Promise<void>;
}

/** Starts an app, and makes its API reachable in browsers by the origin that its appInfo says. */
export async function startConformanceWorld(
  auth: AuthOptions = {},
  appInfo: NonNullable<TestAppOptions['appInfo']> & { readonly apiDomain?: string } = {},
): Promise<ConformanceWorld> {
  const clock = new RunningClock();
  const testApp = await startTestApp({
    appInfo,
    auth: {
      clock,
      emailPassword: { passwordHashing: { memoryCost: 64, timeCost: 1, parallelism: 1 } },
      ...auth,
      session: { claims: [welcomeClaim], ...auth.session },
    },
    controllers: [ApiController],
  });
  const { apiDomain = API } = appInfo;
  return {
    testApp,
    clock,
    sessions: testApp.app.get(SessionService),
    openBrowser: (clockError = 0) =>
      new Browser({ network: { [apiDomain]: testApp.url }, now: () => clock.now() + clockError }),
    close: () => testApp.close(),
  };
}
