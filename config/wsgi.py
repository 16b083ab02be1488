"""What gunicorn serves."""

from django.core.wsgi import get_wsgi_application

from config import env
from config.deletion_gate import DeletionGate
from config.front_door import FrontDoor

env.use_settings("config.settings.production")

application = FrontDoor(DeletionGate(get_wsgi_application()))
