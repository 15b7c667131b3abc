import { Controller, HttpCode, Post, UseGuards } from '@nestjs/common';
import { Session, SessionContainer, SessionGuard, SessionService, VerifySession } from 'nestward';

/** Lets a signed-in person end all of their sessions, those in other browsers too. */
@Controller('sign-out-everywhere')
@UseGuards(SessionGuard)
export class SignOutEverywhereController {
  constructor(private readonly sessions: SessionService) {}

  /** An unverified address does not keep anybody from it. */
  @Post()
  @HttpCode(200)
  @VerifySession({ overrideGlobalClaimValidators: () => [] })
  async signOutEverywhere(@Session() session: SessionContainer): Promise<{ sessions: number }> {
    const handles = await this.sessions.revokeAllSessionsForUser(session.getUserId());
    // It has ended with the others; this takes its tokens from the browser that asked.
    await session.revokeSession();
    return { sessions: handles.length };
  }
}
