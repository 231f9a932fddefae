"""Pure rules of goals: verdict, streak, four cases, pace. No ORM, no clock, no settings."""
