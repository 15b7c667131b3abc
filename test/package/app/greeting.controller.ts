import { Controller, Get, UseGuards } from '@nestjs/common';
import { Session, SessionContainer, SessionGuard } from 'nestward';

@Controller('greeting')
@UseGuards(SessionGuard)
export class GreetingController {
  @Get()
  greet(@Session() session: SessionContainer): { userId: string } {
    return { userId: session.getUserId() };
  }
}
