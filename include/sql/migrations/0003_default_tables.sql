-- The three import tables that every installation begins with, and their configuration.

CREATE TABLE stocks (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    sku VARCHAR(50) NOT NULL,
    warehouse_code VARCHAR(50) NOT NULL,
    stock_pcs BIGINT NULL DEFAULT 0,
    stock_box BIGINT NULL DEFAULT 0,
    stock_cs BIGINT NULL DEFAULT 0,
    `date` DATE NOT NULL,
    ImportDate DATETIME(6) NOT NULL,
    import_job_id BIGINT NOT NULL,
    CONSTRAINT uq_stocks UNIQUE (sku, warehouse_code, `date`),
    KEY ix_stocks_job (import_job_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE sales (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    distid VARCHAR(20) NULL,
    dono VARCHAR(50) NULL,
    dotanggal DATE NULL,
    kode_outlet VARCHAR(50) NULL,
    nama_outlet VARCHAR(150) NULL,
    kota VARCHAR(100) NULL,
    kode_barang VARCHAR(50) NULL,
    nama_barang VARCHAR(150) NULL,
    qty_pcs BIGINT NULL DEFAULT 0,
    qty_box BIGINT NULL DEFAULT 0,
    harga DECIMAL(18, 2) NULL DEFAULT 0,
    diskon DECIMAL(18, 2) NULL DEFAULT 0,
    amount_jual DECIMAL(18, 2) NULL DEFAULT 0,
    salesman VARCHAR(100) NULL,
    exportdate DATE NULL,
    keterangan VARCHAR(255) NULL,
    ImportDate DATETIME(6) NOT NULL,
    import_job_id BIGINT NOT NULL,
    row_hash BINARY(16) NOT NULL,
    CONSTRAINT uq_sales_row UNIQUE (row_hash),
    KEY ix_sales_job (import_job_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE customers (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    distid VARCHAR(20) NOT NULL,
    kode_outlet VARCHAR(50) NOT NULL,
    nama_outlet VARCHAR(150) NULL,
    alamat VARCHAR(255) NULL,
    kota VARCHAR(100) NULL,
    telepon VARCHAR(50) NULL,
    tipe_outlet VARCHAR(50) NULL,
    tanggal_daftar DATE NULL,
    ImportDate DATETIME(6) NOT NULL,
    import_job_id BIGINT NOT NULL,
    CONSTRAINT uq_customers UNIQUE (distid, kode_outlet),
    KEY ix_customers_job (import_job_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

INSERT INTO import_tables (table_name, display_name, allowed_filename)
VALUES
('stocks', 'Stocks', 'stocks, stock, stok, stocks_*, stok_*'),
('sales', 'Sales', 'sales, penjualan, sales_*, penjualan_*'),
('customers', 'Customers', 'customers, customer, pelanggan, customers_*');

INSERT INTO import_columns
(table_id, position, name, data_type, is_mandatory, is_unique, default_value, number_format, date_formats, role)
SELECT
    t.id,
    c.position,
    c.name,
    c.data_type,
    c.is_mandatory,
    c.is_unique,
    c.default_value,
    c.number_format,
    c.date_formats,
    c.role
FROM import_tables AS t
INNER JOIN (
    SELECT 'stocks' AS table_name, 1 AS position, 'sku' AS name, 'str(50)' AS data_type,
        TRUE AS is_mandatory, TRUE AS is_unique, NULL AS default_value, 'plain' AS number_format,
        '' AS date_formats, NULL AS role
    UNION ALL SELECT 'stocks', 2, 'warehouse_code', 'str(50)', TRUE, TRUE, NULL, 'plain', '', NULL
    UNION ALL SELECT 'stocks', 3, 'stock_pcs', 'int', FALSE, FALSE, '0', '1.234,56', '', NULL
    UNION ALL SELECT 'stocks', 4, 'stock_box', 'int', FALSE, FALSE, '0', '1.234,56', '', NULL
    UNION ALL SELECT 'stocks', 5, 'stock_cs', 'int', FALSE, FALSE, '0', '1.234,56', '', NULL
    UNION ALL SELECT 'stocks', 6, 'date', 'date', TRUE, TRUE, NULL, 'plain', 'dd/mm/yyyy', NULL
    UNION ALL SELECT 'sales', 1, 'distid', 'str(20)', TRUE, FALSE, NULL, 'plain', '', 'distributor'
    UNION ALL SELECT 'sales', 2, 'dono', 'str(50)', TRUE, FALSE, NULL, 'plain', '', NULL
    UNION ALL SELECT 'sales', 3, 'dotanggal', 'date', TRUE, FALSE, NULL, 'plain', 'dd/mm/yyyy', 'date'
    UNION ALL SELECT 'sales', 4, 'kode_outlet', 'str(50)', TRUE, FALSE, NULL, 'plain', '', NULL
    UNION ALL SELECT 'sales', 5, 'nama_outlet', 'str(150)', FALSE, FALSE, NULL, 'plain', '', NULL
    UNION ALL SELECT 'sales', 6, 'kota', 'str(100)', FALSE, FALSE, NULL, 'plain', '', NULL
    UNION ALL SELECT 'sales', 7, 'kode_barang', 'str(50)', TRUE, FALSE, NULL, 'plain', '', NULL
    UNION ALL SELECT 'sales', 8, 'nama_barang', 'str(150)', FALSE, FALSE, NULL, 'plain', '', NULL
    UNION ALL SELECT 'sales', 9, 'qty_pcs', 'int', FALSE, FALSE, '0', '1.234,56', '', NULL
    UNION ALL SELECT 'sales', 10, 'qty_box', 'int', FALSE, FALSE, '0', '1.234,56', '', NULL
    UNION ALL SELECT 'sales', 11, 'harga', 'decimal(18,2)', FALSE, FALSE, '0.00', '1.234,56', '', NULL
    UNION ALL SELECT 'sales', 12, 'diskon', 'decimal(18,2)', FALSE, FALSE, '0.00', '1.234,56', '', NULL
    UNION ALL SELECT 'sales', 13, 'amount_jual', 'decimal(18,2)', TRUE, FALSE, NULL, '1.234,56', '', 'amount'
    UNION ALL SELECT 'sales', 14, 'salesman', 'str(100)', FALSE, FALSE, NULL, 'plain', '', NULL
    UNION ALL SELECT 'sales', 15, 'exportdate', 'date', FALSE, FALSE, NULL, 'plain', 'dd/mm/yyyy', 'export_date'
    UNION ALL SELECT 'sales', 16, 'keterangan', 'str(255)', FALSE, FALSE, NULL, 'plain', '', NULL
    UNION ALL SELECT 'customers', 1, 'distid', 'str(20)', TRUE, TRUE, NULL, 'plain', '', 'distributor'
    UNION ALL SELECT 'customers', 2, 'kode_outlet', 'str(50)', TRUE, TRUE, NULL, 'plain', '', NULL
    UNION ALL SELECT 'customers', 3, 'nama_outlet', 'str(150)', TRUE, FALSE, NULL, 'plain', '', NULL
    UNION ALL SELECT 'customers', 4, 'alamat', 'str(255)', FALSE, FALSE, NULL, 'plain', '', NULL
    UNION ALL SELECT 'customers', 5, 'kota', 'str(100)', FALSE, FALSE, NULL, 'plain', '', NULL
    UNION ALL SELECT 'customers', 6, 'telepon', 'str(50)', FALSE, FALSE, NULL, 'plain', '', NULL
    UNION ALL SELECT 'customers', 7, 'tipe_outlet', 'str(50)', FALSE, FALSE, NULL, 'plain', '', NULL
    UNION ALL SELECT 'customers', 8, 'tanggal_daftar', 'date', FALSE, FALSE, NULL, 'plain', 'dd/mm/yyyy', NULL
) AS c ON t.table_name = c.table_name
ORDER BY t.id, c.position;

INSERT INTO column_aliases (column_id, alias)
SELECT
    c.id,
    a.alias
FROM import_columns AS c
INNER JOIN import_tables AS t ON c.table_id = t.id
INNER JOIN (
    SELECT 'stocks' AS table_name, 'sku' AS name, 'kode barang' AS alias
    UNION ALL SELECT 'stocks', 'sku', 'kode sku'
    UNION ALL SELECT 'stocks', 'sku', 'kode produk'
    UNION ALL SELECT 'stocks', 'warehouse_code', 'gudang'
    UNION ALL SELECT 'stocks', 'warehouse_code', 'kode gudang'
    UNION ALL SELECT 'stocks', 'stock_pcs', 'stok pcs'
    UNION ALL SELECT 'stocks', 'stock_box', 'stok box'
    UNION ALL SELECT 'stocks', 'stock_cs', 'stok cs'
    UNION ALL SELECT 'stocks', 'stock_cs', 'stok karton'
    UNION ALL SELECT 'stocks', 'date', 'tanggal'
    UNION ALL SELECT 'stocks', 'date', 'tgl'
    UNION ALL SELECT 'stocks', 'date', 'tanggal stok'
    UNION ALL SELECT 'sales', 'distid', 'kode distributor'
    UNION ALL SELECT 'sales', 'dono', 'no do'
    UNION ALL SELECT 'sales', 'dotanggal', 'tanggal do'
    UNION ALL SELECT 'sales', 'dotanggal', 'tgl do'
    UNION ALL SELECT 'sales', 'kode_outlet', 'kode toko'
    UNION ALL SELECT 'sales', 'nama_outlet', 'nama toko'
    UNION ALL SELECT 'sales', 'kode_barang', 'sku'
    UNION ALL SELECT 'sales', 'qty_pcs', 'qty'
    UNION ALL SELECT 'sales', 'amount_jual', 'total penjualan'
    UNION ALL SELECT 'sales', 'exportdate', 'tanggal export'
    UNION ALL SELECT 'customers', 'distid', 'kode distributor'
    UNION ALL SELECT 'customers', 'kode_outlet', 'kode toko'
    UNION ALL SELECT 'customers', 'kode_outlet', 'kode pelanggan'
    UNION ALL SELECT 'customers', 'nama_outlet', 'nama toko'
    UNION ALL SELECT 'customers', 'nama_outlet', 'nama pelanggan'
    UNION ALL SELECT 'customers', 'telepon', 'no telepon'
    UNION ALL SELECT 'customers', 'telepon', 'hp'
    UNION ALL SELECT 'customers', 'tanggal_daftar', 'tgl daftar'
) AS a ON t.table_name = a.table_name AND c.name = a.name;
