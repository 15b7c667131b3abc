import { Controller, HttpCode, Inject, Post, Req, Res, UseGuards } from '@nestjs/common';
import { TenantGuard, tenantPaths } from '../http/tenant.guard.js';
import type { HttpRequest } from '../http/http-request.js';
import type { HttpResponse } from '../http/http-response.js';
import { Public } from './public.decorator.js';
import { SessionService } from './session.service.js';

/** Refreshing and signing out (contract §4). */
@Public()
@Controller()
@UseGuards(TenantGuard)
export class SessionController {
  constructor(@Inject(SessionService) private readonly sessions: SessionService) {}

  @Post(tenantPaths('session/refresh'))
  @HttpCode(200)
  async refresh(
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: HttpResponse,
  ): Promise<Record<string, never>> {
    await this.sessions.refreshSession(request, response);
    return {};
  }

  @Post(tenantPaths('signout'))
  @HttpCode(200)
  async signOut(
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: HttpResponse,
  ): Promise<{ status: 'OK' }> {
    const session = await this.sessions.getSession(request, response, { overrideGlobalClaimValidators: () => [] });
    await session.revokeSession();
    return { status: 'OK' };
  }
}
