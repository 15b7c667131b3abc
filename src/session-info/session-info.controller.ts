import { Controller, Get, Header, UseGuards } from '@nestjs/common';
import { Session, SessionContainer, SessionGuard, type JsonObject } from 'nestward';

/** What the app knows about a session. */
export interface SessionInfo {
  sessionHandle: string;
  userId: string;
  accessTokenPayload: JsonObject;
  sessionData: JsonObject;
}

/** Tells a signed-in person about their own session. */
@Controller('sessioninfo')
@UseGuards(SessionGuard)
export class SessionInfoController {
  @Get()
  @Header('Cache-Control', 'no-store')
  async describe(@Session() session: SessionContainer): Promise<SessionInfo> {
    return {
      sessionHandle: session.getHandle(),
      userId: session.getUserId(),
      accessTokenPayload: session.getAccessTokenPayload(),
      sessionData: await session.getSessionDataFromDatabase(),
    };
  }
}
