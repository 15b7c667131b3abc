import { Controller, Get, HttpCode, Post, UseGuards } from '@nestjs/common';
import { Session, SessionGuard, VerifySession, type SessionContainer } from 'nestward';

/** Routes that ask in different ways for a session. */
@Controller()
export class ProbeController {
  @Get('me')
  @UseGuards(SessionGuard)
  getMe(@Session('userId') userId: string): { userId: string } {
    return { userId };
  }

  @Post('me')
  @HttpCode(200)
  @UseGuards(SessionGuard)
  postMe(@Session('userId') userId: string): { userId: string } {
    return { userId };
  }

  @Get('optional')
  @VerifySession({ sessionRequired: false })
  getOptional(@Session() session: SessionContainer | undefined): { userId: string | null } {
    return { userId: session?.getUserId() ?? null };
  }

  @Get('live')
  @VerifySession({ checkDatabase: true })
  getLive(@Session() session: SessionContainer): { userId: string } {
    return { userId: session.getUserId() };
  }

  @Get('checked')
  @VerifySession({ antiCsrfCheck: true })
  getChecked(): { ok: true } {
    return { ok: true };
  }

  @Post('unchecked')
  @HttpCode(200)
  @VerifySession({ antiCsrfCheck: false })
  postUnchecked(): { ok: true } {
    return { ok: true };
  }
}
