"""ended_logins"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import registry.db

revision = '0030'
down_revision = '0029'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('ended_login',
    sa.Column('login_sha256', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('until', registry.db.UTCDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('login_sha256', name=op.f('pk_ended_login')),
    )


def downgrade() -> None:
    op.drop_table('ended_login')
