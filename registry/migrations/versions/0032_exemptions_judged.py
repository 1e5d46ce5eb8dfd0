"""exemptions_judged"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

revision = '0032'
down_revision = '0031'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('exemption_case', schema=None) as batch_op:
        batch_op.add_column(sa.Column('judged', sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql'), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('exemption_case', schema=None) as batch_op:
        batch_op.drop_column('judged')
