"""Records that are the same: profiles, keys, pairs, clusters; how much each source counts."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import registry.db

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('same_as_estimate',
    sa.Column('kind', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('records', sa.Integer(), nullable=False),
    sa.Column('pairs', sa.Integer(), nullable=False),
    sa.Column('levels', sa.Text(), nullable=False),
    sa.Column('at', registry.db.UTCDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('kind', name=op.f('pk_same_as_estimate'))
    )
    op.create_table('same_as_key',
    sa.Column('value', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('record_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('role', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('kind', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.PrimaryKeyConstraint('value', 'record_id', 'role', name=op.f('pk_same_as_key')),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('same_as_key', schema=None) as batch_op:
        batch_op.create_index('ix_same_as_key_record', ['kind', 'record_id'], unique=False)

    op.create_table('same_as_profile',
    sa.Column('kind', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('record_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('reading', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('data', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('kind', 'record_id', name=op.f('pk_same_as_profile'))
    )
    op.create_table('source_standing',
    sa.Column('source', sa.String(length=50), nullable=False),
    sa.Column('organisation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('priority', sa.Integer(), nullable=True),
    sa.CheckConstraint('priority IS NULL OR priority BETWEEN 1 AND 99', name=op.f('ck_source_standing_priority')),
    sa.PrimaryKeyConstraint('source', name=op.f('pk_source_standing'))
    )
    op.create_table('same_as_pair',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('kind', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('first_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('second_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('bits', sa.Float(), nullable=False),
    sa.Column('parts', sa.Text(), nullable=False),
    sa.Column('model', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('rule', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=True),
    sa.Column('verdict', sqlmodel.sql.sqltypes.AutoString(length=10), nullable=True),
    sa.Column('decided_by', sqlmodel.sql.sqltypes.AutoString(length=10), nullable=True),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(length=1000), nullable=False),
    sa.Column('decided_at', registry.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('found_at', registry.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('contradicted', sa.Boolean(), nullable=False),
    sa.CheckConstraint("verdict IS NULL OR verdict IN ('same', 'different', 'unsure')", name=op.f('ck_same_as_pair_verdict')),
    sa.CheckConstraint('(verdict IS NULL) = (decided_by IS NULL)', name=op.f('ck_same_as_pair_decided')),
    sa.CheckConstraint('first_id < second_id', name=op.f('ck_same_as_pair_order')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_same_as_pair_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_same_as_pair')),
    sa.UniqueConstraint('kind', 'first_id', 'second_id', name=op.f('uq_same_as_pair_kind_first_id_second_id')),
    sqlite_autoincrement=True
    )
    with op.batch_alter_table('same_as_pair', schema=None) as batch_op:
        batch_op.create_index('ix_same_as_pair_contradicted', ['kind', 'bits', 'id'], unique=False, sqlite_where=sa.text('contradicted'), postgresql_where=sa.text('contradicted'))
        batch_op.create_index('ix_same_as_pair_queue', ['kind', 'verdict', 'bits', 'id'], unique=False)
        batch_op.create_index('ix_same_as_pair_second', ['kind', 'second_id'], unique=False)

    with op.batch_alter_table('feed', schema=None) as batch_op:
        batch_op.add_column(sa.Column('priority', sa.Integer(), nullable=True))
    op.execute(
        "INSERT INTO source_standing (source, organisation_id)"
        " SELECT 'feed:' || id, organisation_id FROM feed WHERE organisation_id IS NOT NULL"
    )

    with op.batch_alter_table('organisation', schema=None) as batch_op:
        batch_op.add_column(sa.Column('cluster_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
        batch_op.add_column(sa.Column('lead_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
        batch_op.add_column(sa.Column('sources', sa.Integer(), server_default='1', nullable=False))
        batch_op.create_index('ix_organisation_cluster_id', ['cluster_id'], unique=False, sqlite_where=sa.text('cluster_id IS NOT NULL'), postgresql_where=sa.text('cluster_id IS NOT NULL'))
        batch_op.create_index('ix_organisation_lead_id', ['lead_id'], unique=False, sqlite_where=sa.text('lead_id IS NOT NULL'), postgresql_where=sa.text('lead_id IS NOT NULL'))

    with op.batch_alter_table('programme', schema=None) as batch_op:
        batch_op.add_column(sa.Column('cluster_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
        batch_op.add_column(sa.Column('lead_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
        batch_op.add_column(sa.Column('sources', sa.Integer(), server_default='1', nullable=False))
        batch_op.drop_index(batch_op.f('ix_programme_visibility'))
        batch_op.create_index('ix_programme_visibility', ['archived_at', 'lead_id', 'visibility'], unique=False)
        batch_op.create_index('ix_programme_cluster_id', ['cluster_id'], unique=False, sqlite_where=sa.text('cluster_id IS NOT NULL'), postgresql_where=sa.text('cluster_id IS NOT NULL'))
        batch_op.create_index('ix_programme_lead_id', ['lead_id'], unique=False, sqlite_where=sa.text('lead_id IS NOT NULL'), postgresql_where=sa.text('lead_id IS NOT NULL'))



def downgrade() -> None:
    with op.batch_alter_table('programme', schema=None) as batch_op:
        batch_op.drop_index('ix_programme_lead_id', sqlite_where=sa.text('lead_id IS NOT NULL'), postgresql_where=sa.text('lead_id IS NOT NULL'))
        batch_op.drop_index('ix_programme_cluster_id', sqlite_where=sa.text('cluster_id IS NOT NULL'), postgresql_where=sa.text('cluster_id IS NOT NULL'))
        batch_op.drop_index('ix_programme_visibility')
        batch_op.create_index(batch_op.f('ix_programme_visibility'), ['archived_at', 'visibility'], unique=False)
        batch_op.drop_column('sources')
        batch_op.drop_column('lead_id')
        batch_op.drop_column('cluster_id')

    with op.batch_alter_table('organisation', schema=None) as batch_op:
        batch_op.drop_index('ix_organisation_lead_id', sqlite_where=sa.text('lead_id IS NOT NULL'), postgresql_where=sa.text('lead_id IS NOT NULL'))
        batch_op.drop_index('ix_organisation_cluster_id', sqlite_where=sa.text('cluster_id IS NOT NULL'), postgresql_where=sa.text('cluster_id IS NOT NULL'))
        batch_op.drop_column('sources')
        batch_op.drop_column('lead_id')
        batch_op.drop_column('cluster_id')

    with op.batch_alter_table('feed', schema=None) as batch_op:
        batch_op.drop_column('priority')

    with op.batch_alter_table('same_as_pair', schema=None) as batch_op:
        batch_op.drop_index('ix_same_as_pair_second')
        batch_op.drop_index('ix_same_as_pair_queue')
        batch_op.drop_index('ix_same_as_pair_contradicted', sqlite_where=sa.text('contradicted'), postgresql_where=sa.text('contradicted'))

    op.drop_table('same_as_pair')
    op.drop_table('source_standing')
    op.drop_table('same_as_profile')
    with op.batch_alter_table('same_as_key', schema=None) as batch_op:
        batch_op.drop_index('ix_same_as_key_record')

    op.drop_table('same_as_key')
    op.drop_table('same_as_estimate')
