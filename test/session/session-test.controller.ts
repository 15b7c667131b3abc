import { All, Body, Controller, HttpCode, Inject, Post, Req, Res, UseGuards } from '@nestjs/common';
import {
  Session,
  SessionContainer,
  SessionGuard,
  SessionService,
  VerifySession,
  type CreateSessionForResponseOptions,
  type HttpRequest,
  type HttpResponse,
  type JsonObject,
} from 'nestward';

interface SignInBody {
  readonly userId: string;
  readonly payload?: JsonObject;
  readonly data?: JsonObject;
  readonly options?: CreateSessionForResponseOptions;
}

/** Routes that use sessions in each way that a handler can. */
@Controller()
export class SessionTestController {
  constructor(@Inject(SessionService) private readonly sessions: SessionService) {}

  @Post('login')
  @HttpCode(200)
  async signIn(
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: HttpResponse,
    @Body() { userId, payload, data, options }: SignInBody,
  ): Promise<{ sessionHandle: string }> {
    const session = await this.sessions.createNewSession(request, response, userId, payload, data, options);
    return { sessionHandle: session.getHandle() };
  }

  @All('me')
  @HttpCode(200)
  @UseGuards(SessionGuard)
  getMe(@Session('userId') userId: string): { userId: string } {
    return { userId };
  }

  @All('optional')
  @HttpCode(200)
  @VerifySession({ sessionRequired: false })
  getOptional(@Session() session: SessionContainer | undefined): { userId: string | null } {
    return { userId: session?.getUserId() ?? null };
  }

  @All('checked')
  @HttpCode(200)
  @VerifySession({ checkDatabase: true })
  getChecked(@Session('userId') userId: string): { userId: string } {
    return { userId };
  }

  @All('csrf-forced')
  @HttpCode(200)
  @VerifySession({ antiCsrfCheck: true })
  getWithForcedCheck(@Session('userId') userId: string): { userId: string } {
    return { userId };
  }

  @All('csrf-off')
  @HttpCode(200)
  @VerifySession({ antiCsrfCheck: false })
  getWithoutCheck(@Session('userId') userId: string): { userId: string } {
    return { userId };
  }

  @Post('payload')
  @HttpCode(200)
  @UseGuards(SessionGuard)
  async mergePayload(@Session() session: SessionContainer, @Body() update: JsonObject): Promise<JsonObject> {
    await session.mergeIntoAccessTokenPayload(update);
    return session.getAccessTokenPayload();
  }

  @Post('revoke')
  @HttpCode(200)
  @UseGuards(SessionGuard)
  async revoke(@Session() session: SessionContainer): Promise<Record<string, never>> {
    await session.revokeSession();
    return {};
  }
}
