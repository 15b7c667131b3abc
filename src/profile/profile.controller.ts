import { Controller, Get, Header, UseGuards } from '@nestjs/common';
import { Session, SessionGuard, UnauthorisedException, UserService } from 'nestward';

/** Tells a signed-in person who they are. */
@Controller('profile')
@UseGuards(SessionGuard)
export class ProfileController {
  constructor(private readonly users: UserService) {}

  @Get()
  @Header('Cache-Control', 'no-store')
  async describe(@Session('userId') userId: string): Promise<{ email: string; timeJoined: number }> {
    const user = await this.users.getUser(userId);
    const [loginMethod] = user?.loginMethods ?? [];
    if (user === undefined || loginMethod === undefined) {
      // An access token outlives its user by up to its lifetime.
      throw new UnauthorisedException('The user has been removed');
    }
    return { email: loginMethod.email, timeJoined: user.timeJoined };
  }
}
